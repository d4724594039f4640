//go:build linux || darwin || freebsd

package main

import (
	"syscall"
	"time"
)

// cpuTime is the time that all threads of this process have run. Work of other programs disturbs
// it less than the time of a clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the arguments are constant
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
