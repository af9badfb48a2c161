package scorers

import (
	"testing"

	"pgregory.net/rapid"
)

// TestHopelessTexts: a text that is passed over has no such element.
func TestHopelessTexts(t *testing.T) {
	found := map[string]int{}
	line := rapid.StringOfN(rapid.RuneFrom([]rune("#|-*~` \t\r\n1٣9.)．、[]<>a:")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		text := line.Draw(t, "text") + rapid.SampledFrom([]string{"", "\n1. a", "\n\u00a02) b", "\n```\nx\n```", "\n~~~~\n~~~~", "\na|b\n-|-\n", "\n## h", "*a*", "[x]", "<<t>>"}).Draw(t, "more")
		for _, element := range []string{"numbered", "headings", "tables", "code", "placeholders", "highlights", "titles"} {
			each, err := elementFinder(structureArgs{Element: element, Marks: structureDefaults.Marks})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			each(text, func(string) { n++ })
			found[element] += n
			if n > 0 && hopeless(element, text) {
				t.Fatalf("%q has %d %s and was passed over", text, n, element)
			}
		}
	})
	if len(found) != 7 {
		t.Errorf("elements found: %v", found)
	}
	for element, n := range found {
		if n == 0 && !testing.Short() { // few are drawn then
			t.Errorf("no %s were tried", element)
		}
	}
}
