package facts

import (
	"regexp"
	"strings"
	"sync"

	"holdtrue/scorers/text"
)

// topLevel are the ends of a host that make an address without path or scheme.
const topLevel = `(?:com|org|net|edu|gov|info|io|dev|app|ai|eu|uk|de|fr|jp|au|ca)`

var domain = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[A-Za-z0-9-]+\.)+(?:[a-z]{2,24}/|` + topLevel + `/?$)`)
})

// isAddress tells an address from a code.
func isAddress(s string) bool {
	return strings.Contains(s, "@") || strings.Contains(s, "://") || len(s) > 4 && strings.EqualFold(s[:4], "www.") || domain().MatchString(s)
}

// addressKey is the same for the ways to write an address: with and without
// scheme and "www.". Only a host, and an e-mail address, are the same in capitals
// and small letters.
func addressKey(s string) string {
	_, rest, scheme := strings.Cut(s, "://")
	if !scheme {
		rest = s
	}
	host, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	host = strings.TrimPrefix(text.Lower(host), "www.")
	if path == "/" {
		path = ""
	}
	return host + strings.TrimSuffix(path, "/")
}

// versionNumber matches a code that is the number of a version and nothing else.
var versionNumber = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^v?([0-9]+(?:\.[0-9]+)*(?:-[a-z0-9.-]+)?)$`)
})

// codeKey is a code without its capitals and without the letter of a version.
func codeKey(low string) string {
	if m := versionNumber().FindStringSubmatch(low); m != nil {
		return "#version " + m[1]
	}
	return low
}

// version reads "version 2.5", which is "v2.5".
func version(ws []word) (Unit, int) {
	switch ws[0].low {
	case "version", "ver", "v":
	default:
		return Unit{}, 0
	}
	n := 1
	if n+1 < len(ws) && ws[0].low != "version" && ws[n].text == "." {
		n++
	}
	if n >= len(ws) || ws[n].class != digits && ws[n].class != code {
		return Unit{}, 0
	}
	if key := codeKey(text.Lower(ws[n].text)); strings.HasPrefix(key, "#") {
		return Unit{Kind: Code, Key: key}, n + 1
	}
	return Unit{}, 0
}

// numbered matches a name and the number behind it, "Python3".
var numbered = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Z][a-z]{2,})([0-9]+(?:\.[0-9]+)?)$`)
})
