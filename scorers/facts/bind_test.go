package facts

import (
	"reflect"
	"testing"
)

// TestFiguresMoveTheSameWay: which of several words tells that a figure has moved
// does not depend on chance.
func TestFiguresMoveTheSameWay(t *testing.T) {
	lex := english(t)
	a := Read(lex, "The basic small plan costs $5 now, the premium large plan costs $9. Basic small is $5, premium large is $9.")
	b := Read(lex, "The basic small plan costs $9 now, the premium large plan costs $5. Basic small is $9, premium large is $5.")
	first := Compare(lex, a, b, Options{})
	if len(first.Changes) == 0 {
		t.Fatal("nothing has moved")
	}
	for range 50 {
		if again := Compare(lex, a, b, Options{}); !reflect.DeepEqual(again, first) {
			t.Fatalf("%+v, then %+v", first, again)
		}
	}
}
