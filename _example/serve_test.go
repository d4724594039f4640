package example

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/jwthttp/jwthttp/_example/internal/browser"
)

// A tab is a tab of a real browser, with the page of "jwthttp serve" in it.
type tab struct {
	context.Context
	url     string
	console func() []string // what the browser has complained of
}

// TestServe is the page in a real browser.
func TestServe(t *testing.T) {
	program := filepath.Join(t.TempDir(), "jwthttp")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/jwthttp/jwthttp/cmd/jwthttp").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	first := browser.Start(t)
	for name, test := range map[string]func(*testing.T, tab){
		"keyboard": keyboard, "what to mend": whatToMend, "hostile tokens": hostileTokens, "screen readers": screenReaders,
		"light, dark and narrow": lightDarkAndNarrow, "other pages": otherPages,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, openTab(t, first, start(t, program, "serve", "-addr", "127.0.0.1:0").url))
		})
	}
}

// openTab opens the page at url in a new tab.
func openTab(t *testing.T, first context.Context, url string) tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(first)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	b := tab{Context: ctx, url: url}
	messages := chromedp.Console(ctx)
	b.console = func() (texts []string) {
		// A message of its own comes after all that the page has caused until now.
		b.does(t, chromedp.Evaluate[chromedp.Void](`console.log("end of messages")`))
		for m, err := range messages {
			if err != nil {
				t.Fatal(err)
			}
			if m.Text == "end of messages" {
				break
			}
			texts = append(texts, m.Text)
		}
		return texts
	}
	b.does(t, chromedp.Navigate(url))
	return b
}

func (b tab) does(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b, steps...); err != nil {
		t.Fatal(err)
	}
}

func ask[T any](t *testing.T, b tab, action chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(b, action)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// explains pastes a token, clicks, and returns the verdict.
func (b tab) explains(t *testing.T, token string) string {
	t.Helper()
	b.does(t, chromedp.SetValue(chromedp.CSS("#token"), token), chromedp.Click(chromedp.CSS("[type=submit]")), chromedp.WaitVisible(chromedp.CSS("#verdict")))
	return ask(t, b, chromedp.Text(chromedp.CSS("#verdict")))
}

// focused returns the id of the element that has the focus, or its text if it has no id.
func (b tab) focused(t *testing.T) string {
	t.Helper()
	return ask(t, b, chromedp.Evaluate[string](`document.activeElement.id || document.activeElement.textContent`))
}

// screenshot puts a picture of the whole page in the artifacts of the test.
func (b tab) screenshot(t *testing.T, name string) {
	t.Helper()
	png := ask(t, b, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func (b tab) prefers(t *testing.T, scheme string) {
	t.Helper()
	_, err := chromedp.Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// gets returns a new token of the development issuer with these claims.
func (b tab) gets(t *testing.T, claims string) string {
	t.Helper()
	res, err := http.Post(b.url+"/token", "application/json", strings.NewReader(claims))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("%s: %v", res.Status, err)
	}
	return answer.Token
}

// The whole way without a mouse.
func keyboard(t *testing.T, b tab) {
	for _, step := range []struct{ key, focus string }{
		{"\t", "token"}, {"\t", "Explain"}, {"\t", "make"},
	} {
		b.does(t, chromedp.KeyEvent(step.key))
		if got := b.focused(t); got != step.focus {
			t.Fatalf("the focus is on %q, want %q", got, step.focus)
		}
	}
	b.screenshot(t, "empty")
	b.does(t, chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#status.done")))
	token := ask(t, b, chromedp.Value(chromedp.CSS("#token")))
	if got := ask(t, b, chromedp.Text(chromedp.CSS("#status"))); strings.Count(token, ".") != 2 || got != "A new token is in the box." {
		t.Fatalf("token %q, status %q", token, got)
	}
	if got := b.focused(t); got != "make" {
		t.Errorf("the focus has moved to %q", got)
	}
	b.does(t, chromedp.KeyEvent("\t", chromedp.KeyModifiers(chromedp.ModifierShift)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#verdict")))
	if got := ask(t, b, chromedp.Text(chromedp.CSS("#verdict"))); got != "Good: the middleware accepts this token" {
		t.Errorf("verdict %q", got)
	}
	if got := b.focused(t); got != "verdict" {
		t.Errorf("the focus is on %q, want the verdict", got)
	}
	states := ask(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll("#steps > li .state")].map(e => e.textContent)`))
	if len(states) < 5 || slices.ContainsFunc(states, func(s string) bool { return s != "passed" }) {
		t.Errorf("steps %q", states)
	}

	// Tokens of the old key stay good, and new ones are good too.
	b.does(t, chromedp.Click(chromedp.CSS("#rotate")), chromedp.WaitVisible(chromedp.CSS("#status.done")))
	if got := ask(t, b, chromedp.Text(chromedp.CSS("#status"))); !strings.HasPrefix(got, "New tokens are signed with the key dev-") {
		t.Errorf("status %q", got)
	}
	for name, token := range map[string]string{"old": token, "new": b.gets(t, `{}`)} {
		if got := b.explains(t, token); !strings.HasPrefix(got, "Good") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := b.console(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
}

func whatToMend(t *testing.T, b tab) {
	good := b.gets(t, `{}`)
	const signed, unverified = "The signature is good, so this is what the issuer wrote.", "Unverified: anyone may have written this."
	for _, tc := range []struct {
		name, token, verdict string
		trust                string // "" if nothing of the token can be read
	}{
		{"expired", b.gets(t, `{"expires_in": -3600}`), "Refused: one reason", signed},
		{"wrong audience", b.gets(t, `{"aud": "another-service"}`), "Refused: one reason", signed},
		{"wrong issuer and expired", b.gets(t, `{"iss": "https://other.example.com", "expires_in": -3600}`), "Refused: 2 reasons", signed},
		{"two faults of one step", b.gets(t, `{"sub": 5, "jti": 6}`), "Refused: 2 reasons", signed},
		{"forged", good[:strings.LastIndexByte(good, '.')+1] + strings.Repeat("A", 342), "Refused: one reason", unverified},
		{"opaque", "2YotnFZFEjr1zCsicMWpAA", "Refused: one reason", ""},
		{"garbage", "\x01\x7f\u202e{\ufffd}", "Refused: one reason", ""},
		{"64 KiB", strings.Repeat("a", 64<<10), "Refused: ", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := b.explains(t, tc.token)
			if !strings.HasPrefix(got, tc.verdict) {
				t.Errorf("verdict %q", got)
			}
			failed := ask(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll("li.failed")].filter(e => e.checkVisibility()).map(e => e.innerText)`))
			if n := map[string]int{"Refused: one reason": 1, "Refused: 2 reasons": 2}[got]; n != len(failed) {
				t.Errorf("%s, and %d are shown", got, len(failed))
			}
			for _, shown := range failed {
				for _, label := range []string{"failed", "Wanted", "Came", "To mend it"} {
					if !strings.Contains(shown, label) {
						t.Errorf("it does not say %q: %s", label, shown)
					}
				}
			}
			if got := ask(t, b, chromedp.Evaluate[string](`byID("content").hidden ? "" : byID("trust").textContent`)); got != tc.trust {
				t.Errorf("about the content it says %q", got)
			}
			b.screenshot(t, "page")
		})
	}
}

// What is in a token is shown, and nothing of it is run.
func hostileTokens(t *testing.T, b tab) {
	const markup = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
	title := ask(t, b, chromedp.Title())
	elements := ask(t, b, chromedp.Evaluate[int](`document.querySelectorAll("img, script").length`))
	claims, err := json.Marshal(map[string]string{"aud": markup, "sub": markup, "name": "left\u202eright\x1b[31m", markup: markup})
	if err != nil {
		t.Fatal(err)
	}
	b.explains(t, b.gets(t, string(claims)))
	b.does(t, chromedp.Click(chromedp.CSS("#content summary")))
	payload := ask(t, b, chromedp.Text(chromedp.CSS("#payload")))
	if !strings.Contains(payload, "<img src=x onerror=") && !strings.Contains(payload, `\u003cimg src=x onerror=`) {
		t.Errorf("the payload is not shown: %s", payload)
	}
	if text := ask(t, b, chromedp.Evaluate[string](`document.body.innerText`)); strings.ContainsAny(text, "\u202e\x1b") {
		t.Errorf("it shows characters that change how text is read: %q", text)
	}
	if got := ask(t, b, chromedp.Title()); got != title {
		t.Errorf("the title is %q", got)
	}
	if got := ask(t, b, chromedp.Evaluate[int](`document.querySelectorAll("img, script").length`)); got != elements {
		t.Errorf("%d elements that came with a token", got-elements)
	}
	if got := b.console(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
	b.screenshot(t, "hostile")
}

// Each control has a name, the headings are in order, and the state of a step is a word.
func screenReaders(t *testing.T, b tab) {
	b.explains(t, b.gets(t, `{"aud": "another-service"}`))
	b.does(t, chromedp.Click(chromedp.CSS("#content summary")), chromedp.Click(chromedp.CSS("form summary")))
	tree, err := chromedp.Call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		t.Fatal(err)
	}
	text := func(v *accessibility.Value) (s string) {
		if v != nil {
			json.Unmarshal(v.Value, &s)
		}
		return s
	}
	found := map[string][]string{}
	for _, n := range tree.Nodes {
		if !n.Ignored {
			found[text(n.Role)] = append(found[text(n.Role)], text(n.Name))
		}
	}
	for role, want := range map[string][]string{
		"textbox": {"Token", "Claims"},
		"button":  {"Explain", "Make a token", "Rotate the key"},
		"region":  {"Refused: one reason"},
		"main":    {""},
		"status":  {""},
	} {
		if got := found[role]; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", role, got, want)
		}
	}
	if !slices.Contains(found["list"], "Steps from top to bottom") || len(found["listitem"]) < 5 {
		t.Errorf("lists %q with %d items", found["list"], len(found["listitem"]))
	}
	if got := found["heading"]; len(got) < 7 || got[0] != "A token's way" || got[1] != "Refused: one reason" {
		t.Errorf("headings %q", got)
	}
	if !slices.Contains(found["StaticText"], "failed") {
		t.Error("the state of a step is not a word")
	}
	if got := ask(t, b, chromedp.Evaluate[string](`document.documentElement.lang`)); got != "en" {
		t.Errorf("language %q", got)
	}
}

// contrasts returns the texts that WCAG 2.2 calls hard to read: a contrast below 4.5. Elements
// have one background color each, or that of an element around them.
const contrasts = `(() => {
	const parse = color => color.match(/[\d.]+/g).map(Number);
	const luminance = color => {
		const [r, g, b] = parse(color).map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const background = e => {
		for (; e; e = e.parentElement) {
			const color = getComputedStyle(e).backgroundColor;
			if ((parse(color)[3] ?? 1) > 0) return color;
		}
	};
	const bad = [];
	for (const e of document.querySelectorAll("main *")) {
		if (!e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
		const [light, dark] = [luminance(getComputedStyle(e).color), luminance(background(e))].sort((a, b) => b - a);
		const ratio = (light + 0.05) / (dark + 0.05);
		if (ratio < 4.5) bad.push(ratio.toFixed(2) + ": " + e.textContent.slice(0, 40));
	}
	return bad;
})()`

func lightDarkAndNarrow(t *testing.T, b tab) {
	b.explains(t, b.gets(t, `{"aud": "`+strings.Repeat("another-service", 20)+`", "expires_in": -3600}`))
	b.does(t, chromedp.Click(chromedp.CSS("#content summary")), chromedp.Click(chromedp.CSS("form summary")))
	backgrounds := map[string]string{}
	for _, scheme := range []string{"light", "dark"} {
		b.prefers(t, scheme)
		for _, width := range []int64{900, 320} {
			name := fmt.Sprint(scheme, "-", width)
			b.does(t, chromedp.EmulateViewport(width, 1000))
			if got := ask(t, b, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); got > width {
				t.Errorf("%s: the page is %d wide", name, got)
			}
			if got := ask(t, b, chromedp.Evaluate[[]string](contrasts)); len(got) > 0 {
				t.Errorf("%s: low contrast: %q", name, got)
			}
			b.screenshot(t, name)
		}
		backgrounds[ask(t, b, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`))] = scheme
	}
	if len(backgrounds) != 2 {
		t.Errorf("light and dark have the same background: %v", backgrounds)
	}
}

// A page of another origin gets no token, cannot rotate the key, and cannot show the page in a
// frame.
func otherPages(t *testing.T, b tab) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, fmt.Sprintf(`<form method="post" action="%[1]s/token"><button>Win</button></form><iframe src="%[1]s/"></iframe>`, b.url))
	}))
	defer elsewhere.Close()
	for _, url := range []string{elsewhere.URL, strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)} {
		b.does(t, chromedp.Navigate(url))
		script := fmt.Sprintf(`Promise.all([["/token", {}], ["/rotate", {}], ["/token", {mode: "no-cors"}], ["/explain", {body: "{}", headers: {"Content-Type": "application/json"}}]]
			.map(([path, init]) => fetch(%q + path, {method: "POST", ...init}).then(a => a.type + " " + a.status, e => "failed")))`, b.url)
		got := ask(t, b, chromedp.Evaluate[[]string](script, chromedp.EvalAwaitPromise))
		if want := []string{"failed", "failed", "opaque 0", "failed"}; !slices.Equal(got, want) && !slices.Equal(got, []string{"failed", "failed", "failed", "failed"}) {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
		if _, err := chromedp.RunResponse(b, chromedp.Click(chromedp.CSS("button"))); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, b, chromedp.Text(chromedp.CSS("body"))); !strings.Contains(got, "another origin") {
			t.Errorf("%s: the form got %s", url, got)
		}
	}
	res, err := http.Get(b.url + "/.well-known/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || strings.Count(string(body), `"kid"`) != 1 {
		t.Errorf("the key was rotated: %s, %v", body, err)
	}
}
