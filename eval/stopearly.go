package eval

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
)

// StopEarly belongs to a run whose cases are asked in random order (see
// Run.Turn) and compared with a baseline meanwhile, so that it may end as soon
// as that is decided.
type StopEarly struct {
	// Baseline is the id of the run that it is compared with.
	Baseline string `json:"baseline"`
	// Alpha and Margin are the settings of the comparison, without which the error
	// rates of the test would not be known when the run goes on after a break.
	Alpha  float64 `json:"alpha,omitzero"`
	Margin float64 `json:"margin"`
	// Planned is the number of cases of which Run.Cases were asked.
	Planned int `json:"planned"`
	// Decision is why the run ended before its plan did: "regressed", "improved"
	// or "holds"; "" if it did not.
	Decision string `json:"decision,omitzero"`
}

// Stopped says whether the run ended early. It is then complete for the cases
// that it holds, and no comparison may treat them as a number fixed beforehand.
func (r *Run) Stopped() bool { return r.StopEarly != nil && r.StopEarly.Decision != "" }

// Turn orders the cases of a run that may stop early: at random by the run's
// seed, whatever other cases there are, so that a resumed run goes on in the
// same order and a comparison finds it again. It is negative if case a is asked
// before case b.
func (r *Run) Turn(a, b string) int {
	return cmp.Or(cmp.Compare(r.turn(a), r.turn(b)), cmp.Compare(a, b))
}

func (r *Run) turn(caseID string) uint64 {
	sum := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, r.Seed), caseID...))
	return binary.LittleEndian.Uint64(sum[:])
}
