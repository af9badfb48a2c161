package scorers

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"

	"holdtrue/eval"
)

// jsLimit is the length in bytes of the longest output that a pattern of
// JavaScript is tried on: the engine needs it as code points.
const jsLimit = 1 << 20

// newRegexJS makes the judge of a pattern of JavaScript.
func newRegexJS(args regexArgs) (eval.Judge, error) {
	if args.Timeout <= 0 {
		return nil, errors.New("timeout_ms: expected a number of milliseconds above 0")
	}
	options := regexp2.ECMAScript | regexp2.Unicode
	for _, f := range args.Flags {
		o, ok := map[rune]regexp2.RegexOptions{'i': regexp2.IgnoreCase, 'm': regexp2.Multiline, 's': regexp2.Singleline, 'u': 0, 'g': 0}[f]
		if !ok {
			return nil, fmt.Errorf("flags: there is no flag %q here; known: i, m, s, u, g", f)
		}
		options |= o
	}
	pattern := args.Pattern
	if args.Whole {
		pattern = `^(?:` + pattern + `)$`
		if options&regexp2.Multiline != 0 {
			return nil, errors.New("flags: m lets ^ and $ match at lines, which whole: true cannot have")
		}
	}
	re, err := regexp2.Compile(pattern, options)
	if err != nil {
		return nil, fmt.Errorf("pattern: %s", clean(strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
	}
	re.MatchTimeout = time.Duration(args.Timeout) * time.Millisecond
	j := regexJudge{find: jsFinder(re), whole: args.Whole, group: -1}
	if args.Group != "" {
		if j.group, err = jsGroup(re, args.Group); err != nil {
			return nil, err
		}
	}
	return j, nil
}

func jsGroup(re *regexp2.Regexp, group string) (int, error) {
	if n, err := strconv.Atoi(group); err == nil {
		for _, g := range re.GetGroupNumbers() {
			if g == n {
				return n, nil
			}
		}
	} else if n := re.GroupNumberFromName(group); n >= 0 {
		return n, nil
	}
	return 0, fmt.Errorf("group: no group %q; the pattern has %s", group, count(len(re.GetGroupNumbers())-1, "group"))
}

func jsFinder(re *regexp2.Regexp) func(context.Context, string) ([]int, error) {
	return func(_ context.Context, out string) ([]int, error) {
		if len(out) > jsLimit {
			return nil, fmt.Errorf("the output is %d bytes long; patterns of JavaScript are tried on at most %d", len(out), jsLimit)
		}
		m, err := re.FindStringMatch(out)
		if err != nil {
			return nil, fmt.Errorf("the pattern ran for %v without an end: %s", re.MatchTimeout, "the output or the pattern makes it explode")
		}
		if m == nil {
			return nil, nil
		}
		groups := m.Groups()
		at := make([]int, 2*len(groups))
		for i, g := range groups {
			at[2*i], at[2*i+1] = -1, -1
			if len(g.Captures) > 0 {
				at[2*i] = byteOffset(out, g.RuneIndex)
				at[2*i+1] = at[2*i] + byteOffset(out[at[2*i]:], g.RuneLength)
			}
		}
		return at, nil
	}
}

// byteOffset is where the n-th code point of s begins.
func byteOffset(s string, n int) (at int) {
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}
