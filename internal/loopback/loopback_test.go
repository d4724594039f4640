package loopback_test

import (
	"testing"

	"github.com/jwthttp/jwthttp/internal/loopback"
)

func TestIs(t *testing.T) {
	for hostname, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.255.255.255": true, "::1": true, "::ffff:127.0.0.1": true, "0:0:0:0:0:0:0:1": true,
		"": false, "localho\u017ft": false, "localhost.": false, "a.localhost": false, "10.0.0.1": false, "192.168.0.1": false, "fd00::1": false, "128.0.0.1": false, "127.1": false, "0.0.0.0": false, "::": false, "::2": false, "[::1]": false, "::1%lo": false,
	} {
		if got := loopback.Is(hostname); got != want {
			t.Errorf("%q: %v, want %v", hostname, got, want)
		}
	}
}
