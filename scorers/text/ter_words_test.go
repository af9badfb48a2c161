package text

import (
	"slices"
	"strings"
	"testing"
)

// TestTERWords: by hand from the rules of sacrebleu's Tercom tokenizer.
func TestTERWords(t *testing.T) {
	for _, c := range []struct{ s, want string }{
		{"a中文b", "a 中 文 b"},
		{"ひらがなカタカナ", "ひらがなカタカナ"},
		{"カ・タ。", "カ ・ タ 。"},
		{"㋀㎡︰豈㇀⺀", "㋀ ㎡ ︰ 豈 ㇀ ⺀"},
		{"（a，b：c）！", "（ a ， b ： c ） ！"},
		{"the cat's. the cat's tail", "the cat 's . the cat 's tail"},
		{"サ-\n-ン 1-2", "サ-ン 1 - 2"},
		{"", ""},
	} {
		if got := strings.Join(TERWords(c.s, true, true), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.s, got, c.want)
		}
	}
	if got := TERWords("中文 。", false, true); !slices.Equal(got, []string{"中文", "。"}) {
		t.Errorf("not normalised: %q", got)
	}
}
