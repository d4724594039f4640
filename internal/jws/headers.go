package jws

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// headers remember parsed headers of tokens that have verified. The tokens of one key usually have
// the same header. They are safe for concurrent use.
type headers struct {
	places [maxHeaders]headerPlace
}

type headerPlace struct {
	known  atomic.Pointer[knownHeader]
	misses atomic.Uint32
}

const (
	maxHeaders       = 64
	maxKnownBytes    = 512 // of a segment
	missesPerReplace = 64
)

type knownHeader struct {
	segment string
	Header
}

var seed = maphash.MakeSeed()

func (h *headers) place(segment string) *headerPlace {
	return &h.places[maphash.String(seed, segment)%maxHeaders]
}

func (h *headers) find(segment string) (Header, bool) {
	if len(segment) > maxKnownBytes {
		return Header{}, false
	}
	known := h.place(segment).known.Load()
	if known == nil || known.segment != segment {
		return Header{}, false
	}
	return known.Header, true
}

// KeepHeader remembers a header that ReadHeader has returned for this segment. The signature of its
// token must have verified.
func (w *Workspace) KeepHeader(segment string, h Header) {
	if h.isKnown || len(segment) > maxKnownBytes {
		return
	}
	p := w.headers.place(segment)
	// Two headers that share a place do not replace each other all the time.
	if p.known.Load() != nil && p.misses.Add(1)%missesPerReplace != 0 {
		return
	}
	h.isKnown = true
	p.known.Store(&knownHeader{strings.Clone(segment), h})
}

// KnownHeaders returns how many headers are remembered.
func (w *Workspace) KnownHeaders() (n int) {
	for i := range w.headers.places {
		if w.headers.places[i].known.Load() != nil {
			n++
		}
	}
	return n
}
