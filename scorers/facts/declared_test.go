package facts

import "testing"

func TestDeclared(t *testing.T) {
	lex := english(t)
	for _, row := range []struct {
		fact, output string
		want         float64
	}{
		{"before 5 May", "It is after 5 May.", 0},
		{"before 5 May", "It is before 5 May.", 1},
		{"before 5 May", "It is due by 5 May.", 1},
		{"before 5 May", "After lunch we met. It is due before 5 May.", 1},
		{"at least 18", "It is at most 18.", 0},
		{"at least 18", "You must be at least 18.", 1},
		{"at least 18", "You are at least 18, at most 30.", 1},
		{"refundable", "It is non-refundable.", 0},
		{"refundable", "It is nonrefundable.", 0},
		{"refundable", "It is never ever refundable.", 0},
		{"refundable", "It isn't really refundable.", 0},
		{"refundable", "It is not, as a rule, late, and it is refundable.", 1},
		{"refundable", "It is not only refundable but free.", 1},
		{"refundable", "Do not worry: it is refundable.", 1},
		{"refundable", "It is not cheap but refundable.", 1},
		{"not refundable", "It is non-refundable.", 1},
		{"not refundable", "It is never refundable.", 1},
		{"30 days", "It is never 30 days.", 0},
		{"free", "It is free, not cheap.", 1},
		{"only adults", "Only adults may enter.", 1},
	} {
		c := Declared(lex, []*Text{Read(lex, row.fact)}, Read(lex, row.output))
		if got := c.Score(); got != row.want {
			t.Errorf("%q in %q: %v, want %v", row.fact, row.output, got, row.want)
		}
	}
}
