package cli

import (
	"time"

	"holdtrue/eval/store"
)

// syncEvery bounds what a loss of power takes of the answers of live agents.
const syncEvery = time.Second

// syncing has the disk confirm every second what was stored, until it is told to
// stop. A disk that does not is told once.
func (a *app) syncing(db *store.DB) (stop func()) {
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(syncEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if err := db.Sync(); err != nil {
					a.note("a loss of power may take what was stored: %v", err)
					return
				}
			case <-over:
				return
			}
		}
	}()
	return func() { close(over); <-done }
}
