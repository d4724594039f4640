package try

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

// A check finds each kind of wrong answer, and says how many there were.
func TestCheck(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.Header.Get("Authorization"), http.StatusUnauthorized)
	}))
	defer server.Close()
	keep := Lines("a variable is there in later steps", "T=abc; echo $T", "abc")
	for _, tc := range []struct {
		name string
		step Step
		want string // of the error
	}{
		{"right", Curl("x", `-H "Authorization: Bearer $T" `+server.URL, 401, "Bearer abc"), ""},
		{"another status", Curl("x", server.URL, 200, ""), "1 of 3 answers were wrong"},
		{"another text", Curl("x", server.URL, 401, "Bearer"), "1 of 3 answers were wrong"},
		{"no answer", Curl("x", "http://127.0.0.1:1/", 401, ""), "1 of 3 answers were wrong"},
		{"a status elsewhere", Lines("x", "echo 'HTTP/1.1 401 '", "402"), "1 of 3 answers were wrong"},
		{"a command that is missing", Lines("x", "no-such-command", "x"), "1 of 3 answers were wrong"},
		{"no end", Lines("x", "exit 0", ""), "sh: <nil>; 1 of 3 steps came to an end"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			got := ""
			if err := Check(t.Context(), &out, []Step{keep, tc.step, keep}); err != nil {
				got, _, _ = strings.Cut(err.Error(), "\n")
			}
			if got != tc.want || (got == "") != strings.HasSuffix(out.String(), "all 3 answers were right\n") {
				t.Errorf("error %q, want %q\n%s", got, tc.want, &out)
			}
		})
	}
}

// All that is printed is for a shell.
func TestPrint(t *testing.T) {
	var printed strings.Builder
	Print(&printed, "http://127.0.0.1:1", []Step{Lines("it's a name", "T=abc", ""), Lines("another", "echo $T", "abc")})
	shell := exec.CommandContext(t.Context(), "sh")
	shell.Stdin = strings.NewReader(printed.String())
	if out, err := shell.CombinedOutput(); err != nil || string(out) != "abc\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestMember(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "sh", "-c", `echo '{"a":"1","token":"x.y-z_","b":"2"}'`+Member("token")).Output()
	if err != nil || string(out) != "x.y-z_\n" {
		t.Errorf("%v %q", err, out)
	}
}
