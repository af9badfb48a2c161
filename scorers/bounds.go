package scorers

import (
	"errors"
	"fmt"

	"holdtrue/eval"
)

// bounds are how often something may occur.
type bounds struct{ min, max *int }

// check says what is wrong with the bounds; needed asks for at least one.
func (b bounds) check(needed bool, example string) error {
	switch {
	case needed && b.min == nil && b.max == nil:
		return &eval.InputError{Msg: "one of the arguments min and max is needed", Hint: "write " + example}
	case b.min != nil && *b.min < 0 || b.max != nil && *b.max < 0:
		return errors.New("min and max: expected whole numbers of at least 0")
	case b.min != nil && b.max != nil && *b.min > *b.max:
		return fmt.Errorf("min is %d and max is %d: no output can pass", *b.min, *b.max)
	}
	return nil
}

// hold gives 1 if n is within the bounds.
func (b bounds) hold(n int, noun string) eval.Score {
	switch {
	case b.min != nil && n < *b.min:
		return eval.Value(0, fmt.Sprintf("%s, at least %d wanted", count(n, noun), *b.min))
	case b.max != nil && n > *b.max:
		return eval.Value(0, fmt.Sprintf("%s, at most %d wanted", count(n, noun), *b.max))
	}
	return eval.Value(1, "")
}
