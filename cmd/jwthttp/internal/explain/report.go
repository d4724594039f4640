// Package explain finds every reason why a middleware refuses a token, and says what
// would mend each.
package explain

import (
	"slices"

	"github.com/jwthttp/jwthttp/internal/reason"
)

// A Report is what was found. The JSON form is the output of "jwthttp explain -json". Its texts
// have no control characters and none that change the direction of text, and never a secret or
// a signature.
type Report struct {
	Verdict  string    `json:"verdict"`            // one of the constants below; Good only without findings
	Findings []Finding `json:"findings,omitempty"` // every reason, the first refusal first; none if the token is good
	Steps    []Step    `json:"steps"`              // the token's way, top to bottom
	Header   string    `json:"header,omitempty"`   // as sent, decoded and indented: JSON as text; see IsSigned
	Payload  string    `json:"payload,omitempty"`  // likewise
}

// IsSigned reports whether the signature is good, so that header and payload are what the issuer
// wrote. Else anybody may have written them.
func (r *Report) IsSigned() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Name == stepSignature && s.Status == Passed })
}

// Verdicts.
const (
	Good    = "good"
	Refused = "refused"
	Unknown = "unknown" // it cannot be told: no key was given, or the keys are out of reach
)

// A Finding is one reason for a refusal.
type Finding struct {
	Reason     string `json:"reason"`               // as in jwthttp.Result: "audience"; or configuration, or no_key
	Wanted     string `json:"wanted"`               // what the middleware wants
	Came       string `json:"came"`                 // what the token has, quoted and cut
	Mend       string `json:"mend"`                 // what is wrong, and what to change
	Unverified bool   `json:"unverified,omitempty"` // what came is not covered by a good signature
}

// A Step is one step of the token's way.
type Step struct {
	Name   string `json:"name"`   // "signature"
	Status string `json:"status"` // one of the constants below
	Wanted string `json:"wanted,omitempty"`
	Came   string `json:"came,omitempty"`
	Mend   string `json:"mend,omitempty"`
}

// The states of a Step. An Assumed step was tried with a copy of the token, in which the faults
// of earlier steps did not matter.
const (
	Passed  = "passed"
	Failed  = "failed"
	Assumed = "would pass"
	NotDone = "not reached"
)

// The steps of a token's way, in their order.
const (
	stepCredential = "credential"
	stepForm       = "form"
	stepHeader     = "header"
	stepType       = "type"
	stepKey        = "key"
	stepSignature  = "signature"
	stepClaims     = "claims"
	stepBinding    = "binding"
	stepIssuer     = "issuer"
	stepAudience   = "audience"
	stepTimes      = "times"
)

var steps = []string{
	stepCredential, stepForm, stepHeader, stepType, stepKey, stepSignature, stepClaims, stepBinding, stepIssuer, stepAudience, stepTimes,
}

// stepOf has the step that fails with a reason.
var stepOf = map[string]string{
	reason.NoToken.Word: stepCredential, reason.TwoCredentials.Word: stepCredential, reason.Credential.Word: stepCredential,
	reason.Malformed.Word: stepForm, reason.TooLarge.Word: stepForm,
	reason.Header.Word: stepHeader, reason.Type.Word: stepType,
	reason.UnknownKey.Word: stepKey, reason.Unavailable.Word: stepKey, reason.Canceled: stepKey, reasonNoKey: stepKey, reasonConfiguration: stepKey,
	reason.Signature.Word: stepSignature,
	reason.Claims.Word:    stepClaims, reason.SenderBound.Word: stepBinding, reason.Issuer.Word: stepIssuer, reason.Audience.Word: stepAudience,
	reason.MissingClaim.Word: stepTimes, reason.NotYetValid.Word: stepTimes, reason.Expired.Word: stepTimes,
}

// report makes the report of what was found.
func (e *explainer) report() Report {
	r := Report{Verdict: Unknown, Findings: e.findings, Header: display(e.token.header), Payload: display(e.token.payload)}
	switch {
	case len(r.Findings) > 0 && !isAboutSetup(r.Findings[0].Reason):
		r.Verdict = Refused
	case len(r.Findings) == 0 && e.isAccepted():
		r.Verdict = Good
	}
	reached := slices.Index(steps, e.reached) // -1 for none
	for _, f := range r.Findings {
		if !isAboutSetup(f.Reason) {
			reached = max(reached, slices.Index(steps, stepOf[f.Reason]))
		}
	}
	hasFailed := false
	for i, name := range steps {
		step := Step{Name: name, Status: Passed}
		f := slices.IndexFunc(r.Findings, func(f Finding) bool { return stepOf[f.Reason] == name })
		switch {
		case f >= 0:
			step.Status, step.Wanted, step.Came, step.Mend = Failed, r.Findings[f].Wanted, r.Findings[f].Came, r.Findings[f].Mend
			hasFailed = true
		case i > reached, name == stepSignature && !e.good:
			step.Status = NotDone
		case hasFailed && name != stepSignature: // a signature is that of the token itself
			step.Status = Assumed
		}
		r.Steps = append(r.Steps, step)
	}
	return r
}

// isAboutSetup reports whether a reason is a fault of the setup, which no token can mend.
func isAboutSetup(word string) bool {
	return slices.Contains([]string{reasonConfiguration, reasonNoKey, reason.Unavailable.Word, reason.Canceled}, word)
}

// isBeforeKey reports whether a middleware refuses for a reason before it looks for a key.
func isBeforeKey(word string) bool {
	step := slices.Index(steps, stepOf[word])
	return step >= 0 && step < slices.Index(steps, stepKey)
}
