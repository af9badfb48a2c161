package replay

import (
	"errors"
	"sync"
)

// errEnough says that a job was not done because enough cases were asked.
var errEnough = errors.New("enough cases were asked")

// gate lets cases begin, in the order of their numbers, until it is closed.
// Those that have begun by then are asked in full.
type gate struct {
	mu     sync.Mutex
	begun  int // cases that may be asked whatever happens: those numbered below
	closed bool
}

// enter says whether a job of a case may be done.
func (g *gate) enter(number int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed && number >= g.begun {
		return false
	}
	g.begun = max(g.begun, number+1)
	return true
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

// shut says whether no further case will begin.
func (g *gate) shut(number int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed && number >= g.begun
}
