// Package explain finds every reason why a middleware refuses a token, and says what
// would mend each.
package explain

// A Report is what was found. The JSON form is the output of "jwthttp explain -json".
type Report struct {
	Verdict  string    `json:"verdict"`            // one of the constants below
	Findings []Finding `json:"findings,omitempty"` // every reason, the first refusal first; none if the token is good
	Steps    []Step    `json:"steps"`              // the token's way, top to bottom
	Header   string    `json:"header,omitempty"`   // as sent, decoded and indented; unverified unless the verdict is Good
	Payload  string    `json:"payload,omitempty"`  // likewise
}

// Verdicts.
const (
	Good    = "good"
	Refused = "refused"
	Unknown = "unknown" // it cannot be told: no key was given, or the keys are out of reach
)

// A Finding is one reason for a refusal.
type Finding struct {
	Reason     string `json:"reason"`               // as in jwthttp.Result: "audience"
	Wanted     string `json:"wanted"`               // what the middleware wants
	Came       string `json:"came"`                 // what the token has, quoted and cut
	Mend       string `json:"mend"`                 // what to change
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

// The states of a Step. An Assumed step was tried with a copy of the token whose earlier
// faults had been mended.
const (
	Passed  = "passed"
	Failed  = "failed"
	Assumed = "passed after mending"
	NotDone = "not reached"
)
