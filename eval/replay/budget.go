package replay

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"holdtrue/eval"
)

// Budget bounds what a run may spend. A field that is zero bounds nothing.
// Replaying a recording spends nothing, whatever its answers cost once.
type Budget struct {
	// CostUSD is what the answers of the runs may cost in all, those included
	// that were stored before the run was resumed. A call begins only if it fits
	// in at the mean cost so far, those under way counted at the same.
	CostUSD float64
	// Calls is the number of answers that may be asked for in all, those included
	// that were stored before. What an agent repeats by itself is not counted.
	Calls int
	// Time is how long calls may begin after the start of this replay.
	Time time.Duration
	// Before is what the stored answers have cost.
	Before Cost
}

// Cost is what answers cost, as far as they say so.
type Cost struct {
	USD    float64
	Priced int // answers that say what they cost
}

func (c *Cost) add(o *eval.Output) {
	if o.Usage != nil && o.Usage.CostUSD != nil {
		c.USD += *o.Usage.CostUSD
		c.Priced++
	}
}

func (c *Cost) mean() float64 {
	if c.Priced == 0 {
		return 0
	}
	return c.USD / float64(c.Priced)
}

// ErrBudget says that a run was stopped because it spent what it may. The calls
// that had begun were ended and stored, and the run can be resumed.
var ErrBudget = errors.New("the budget is spent")

// ErrUnpriced says that a run was stopped because its answers do not say what
// they cost, so that no budget of cost can be kept.
var ErrUnpriced = errors.New("the answers do not say what they cost")

// purse lets calls begin as long as the budget lasts.
type purse struct {
	budget Budget

	mu    sync.Mutex
	freed sync.Cond // a call has ended, or none may begin any more
	calls int       // that began, those of before included
	under int       // under way
	cost  Cost
	over  error // why no call may begin any more
}

func newPurse(b Budget, calls int) *purse {
	p := &purse{budget: b, calls: calls, cost: b.Before}
	p.freed.L = &p.mu
	return p
}

// begin waits until it is clear whether one more call may begin, and says why
// it may not.
func (p *purse) begin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.over == nil {
		fits := p.fits()
		switch {
		case p.budget.Calls > 0 && p.calls >= p.budget.Calls:
			p.over = fmt.Errorf("%w: %d of %d calls were made", ErrBudget, p.calls, p.budget.Calls)
		case fits:
			p.calls++
			p.under++
			return nil
		case p.under == 0:
			p.over = fmt.Errorf("%w: the answers have cost %.4f of %.4f USD, and one more costs about %.4f", ErrBudget, p.cost.USD, p.budget.CostUSD, p.cost.mean())
		default:
			p.freed.Wait()
		}
	}
	p.freed.Broadcast()
	return p.over
}

// slack keeps sums of equal prices from missing their budget by rounding.
const slack = 1 + 1e-9

// fits says whether one more call fits into the budget of cost.
func (p *purse) fits() bool {
	most := p.budget.CostUSD
	return most == 0 || p.cost.USD < most && p.cost.USD+float64(p.under+1)*p.cost.mean() <= most*slack
}

// end takes in what became of a call that began; o is nil if nothing did.
func (p *purse) end(o *eval.Output) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.freed.Broadcast()
	p.under--
	if o == nil {
		return
	}
	p.cost.add(o)
	if p.budget.CostUSD > 0 && p.cost.Priced == 0 && !o.Failed() && !o.Cached && p.over == nil {
		p.over = ErrUnpriced
	}
}

// close lets no further call begin; the first reason counts.
func (p *purse) close(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over == nil {
		p.over = why
	}
	p.freed.Broadcast()
}

// why says why no further call may begin, nil as long as one may.
func (p *purse) why() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}
