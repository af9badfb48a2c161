package process

import (
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// How much is kept of what agents write to their standard error, in bytes.
const (
	CaseStderr = 8 << 10  // with the output of a failed call
	RunStderr  = 64 << 10 // with the run
)

// ShownBytes is how much of a line that makes no sense is shown.
const ShownBytes = 200

// Tail keeps the end of what is written to it. It never blocks the writer and
// is safe for use by several goroutines.
type Tail struct {
	Limit int
	mu    sync.Mutex
	buf   []byte
}

// Write keeps the last limit bytes; it always takes everything.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	if len(p) > t.Limit {
		p = p[len(p)-t.Limit:]
	}
	t.buf = append(t.buf, p...)
	// Let it grow to twice the limit, so that many small writes do not move
	// the whole tail each time.
	if len(t.buf) > 2*t.Limit {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-t.Limit:]...)
	}
	return n, nil
}

// Reset forgets what was written.
func (t *Tail) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = t.buf[:0]
}

// String is the tail as valid UTF-8.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buf[max(0, len(t.buf)-t.Limit):]
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// Quote is a piece of hostile text made fit for a message: cut to at most limit
// bytes of it, quoted, everything escaped that does not print.
func Quote(text string, limit int) string {
	if len(text) <= limit {
		return strconv.Quote(text)
	}
	cut := limit
	for cut > limit-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strconv.Quote(text[:cut]) + "..."
}

// OneLine makes hostile text fit for the middle of a message: cut to about limit
// bytes, with U+FFFD for whatever does not print.
func OneLine(text string, limit int) string {
	var b strings.Builder
	for _, c := range text {
		if b.Len() >= limit {
			b.WriteString("...")
			break
		}
		if !unicode.IsPrint(c) {
			c = unicode.ReplacementChar
		}
		b.WriteRune(c)
	}
	return b.String()
}

// LastLines gives the last n lines that are not blank, each cut to 200 bytes
// and quoted; "" if there is none.
func LastLines(text string, n int) string {
	var lines []string
	for rest := text; rest != "" && len(lines) < n; {
		i := strings.LastIndexByte(rest, '\n')
		if line := strings.TrimSpace(rest[i+1:]); line != "" {
			lines = append(lines, Quote(line, ShownBytes))
		}
		rest = rest[:max(i, 0)]
	}
	for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
		lines[i], lines[j] = lines[j], lines[i]
	}
	return strings.Join(lines, ", ")
}
