package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"time"
)

const maxGrowth = 8 << 10 // of the heap, in KiB

// resources are what must be back where it was.
type resources struct {
	heap              uint64 // in KiB
	goroutines, files int
}

func (r resources) String() string {
	return fmt.Sprintf("heap %d KiB, %d goroutines, %d files", r.heap, r.goroutines, r.files)
}

func measure() resources {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close() // the first one opens files of the runtime
	}
	runtime.GC()
	runtime.GC() // the second collection frees what pools keep
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/proc/self/fd") // the list is empty on other systems than Linux
	return resources{m.HeapAlloc >> 10, runtime.NumGoroutine(), len(files)}
}

// compare waits until everything is back where it was before, except for what is kept in memory.
func (w *world) compare(before resources, kept []any) {
	var after resources
	isBack := eventually(func() bool {
		after = measure()
		return after.heap <= before.heap+maxGrowth && after.goroutines <= before.goroutines && after.files <= before.files
	})
	runtime.KeepAlive(kept)
	fmt.Printf("\nat the start: %v\nat the end:   %v; the heap may grow by %d KiB\n", before, after, maxGrowth)
	if !isBack {
		stacks := make([]byte, 1<<20)
		files, _ := os.ReadDir("/proc/self/fd")
		var names []string
		for _, f := range files {
			name, _ := os.Readlink("/proc/self/fd/" + f.Name())
			names = append(names, name)
		}
		w.fault("something is left: %v, and before it was %v\n%q\n%s", after, before, names, stacks[:runtime.Stack(stacks, true)])
	}
}

// eventually waits until something is true, for a minute at most.
func eventually(isTrue func() bool) bool {
	for start := time.Now(); !isTrue(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			return false
		}
	}
	return true
}
