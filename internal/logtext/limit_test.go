package logtext_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
)

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var limit, other logtext.Limit
		for _, step := range []struct {
			wait time.Duration
			want bool
		}{
			{0, true}, {0, false}, {time.Minute - 1, false}, {1, true}, {30 * time.Second, false}, {time.Hour, true}, {0, false},
		} {
			time.Sleep(step.wait)
			if _, got := limit.Allow(); got != step.want {
				t.Errorf("%v, want %v", got, step.want)
			}
		}
		if _, ok := other.Allow(); !ok {
			t.Error("one limit counts for another")
		}
	})
}

func TestLimitIsShared(t *testing.T) {
	var limit logtext.Limit
	var allowed atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, ok := limit.Allow(); ok {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if n := allowed.Load(); n != 1 {
		t.Errorf("%d records are allowed at once", n)
	}
}

func TestSuppressedRecordsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var limit logtext.Limit
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		for range 4 {
			limit.Log(t.Context(), logger, slog.LevelInfo, "off") // neither written nor counted
			limit.Log(t.Context(), logger, slog.LevelWarn, "down", slog.String("store", "Redis"))
		}
		time.Sleep(time.Minute)
		limit.Log(t.Context(), logger, slog.LevelWarn, "down")
		time.Sleep(time.Minute)
		limit.Log(t.Context(), logger, slog.LevelWarn, "down")
		var got []string
		for line := range strings.Lines(log.String()) {
			_, record, _ := strings.Cut(strings.TrimSpace(line), "level=")
			got = append(got, record)
		}
		if want := []string{"WARN msg=down store=Redis", "WARN msg=down suppressed=3", "WARN msg=down"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestNilLoggerIsTheDefault(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	var limit logtext.Limit
	limit.Log(t.Context(), nil, slog.LevelError, "down")
	if !strings.Contains(log.String(), "level=ERROR msg=down") {
		t.Errorf("%q", log.String())
	}
}

func TestRecordsThatAreNotWrittenCostNothing(t *testing.T) {
	var limit logtext.Limit
	down := errors.New("down")
	logger := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelWarn}))
	log := func(level slog.Level) func() {
		return func() {
			limit.Log(t.Context(), logger, level, "down", slog.String("store", "Redis"), slog.Int("keys", 3), slog.Any("err", down))
		}
	}
	if n := testing.AllocsPerRun(100, log(slog.LevelInfo)); n != 0 {
		t.Errorf("a level that is off: %v allocations", n)
	}
	log(slog.LevelWarn)()
	if n := testing.AllocsPerRun(100, log(slog.LevelWarn)); n != 0 {
		t.Errorf("a record that is suppressed: %v allocations", n)
	}
}
