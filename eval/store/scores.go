package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
)

// note is what a stored score says beside its value.
type note struct {
	Reason   string      `json:"reason,omitzero"`
	Evidence []eval.Span `json:"evidence,omitempty"`
}

// encodeScores writes scores as two JSON objects whose keys are the ordinals of
// the run's metrics: the value, or the status of one without a value; and what
// there is to say of it. reasons is nil where there is nothing to say.
func encodeScores(scores []eval.Score, ordinals map[string]int) (values string, reasons any, err error) {
	v, r := []byte{'{'}, []byte{'{'}
	for _, sc := range scores {
		ordinal, ok := ordinals[sc.Metric]
		if !ok {
			return "", nil, fmt.Errorf("metric %s is not one of the run's", sc.Metric)
		}
		v = appendKey(v, ordinal)
		if sc.Status == eval.Scored {
			v = strconv.AppendFloat(v, sc.Value, 'g', -1, 64)
		} else {
			v = append(append(append(v, '"'), sc.Status...), '"')
		}
		if sc.Reason == "" && len(sc.Evidence) == 0 {
			continue
		}
		if r, err = appendNote(appendKey(r, ordinal), note{sc.Reason, sc.Evidence}); err != nil {
			return "", nil, err
		}
	}
	if len(r) > 1 {
		reasons = string(append(r, '}'))
	}
	return string(append(v, '}')), reasons, nil
}

func appendKey(b []byte, ordinal int) []byte {
	if len(b) > 1 {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = strconv.AppendInt(b, int64(ordinal), 10)
	return append(b, '"', ':')
}

func appendNote(b []byte, n note) ([]byte, error) {
	if len(n.Evidence) > 0 {
		full, err := json.Marshal(n)
		return append(b, full...), err
	}
	b = append(b, `{"reason":`...)
	b, err := jsontext.AppendQuote(b, strings.ToValidUTF8(n.Reason, "\ufffd"))
	return append(b, '}'), err
}

// eachScore reads what encodeScores wrote.
func eachScore(values []byte, see func(metric int, status eval.Status, value float64)) error {
	rest, ok := trimByte(values, '{')
	for ok && len(rest) > 1 {
		var metric int
		var status eval.Status
		var value float64
		if metric, rest, ok = cutKey(rest); !ok {
			break
		}
		if status, value, rest, ok = cutValue(rest); !ok {
			break
		}
		see(metric, status, value)
		if rest[0] == ',' {
			rest = rest[1:]
		}
	}
	if !ok || len(rest) != 1 || rest[0] != '}' {
		return fmt.Errorf("stored scores are damaged: %.100q", values)
	}
	return nil
}

func trimByte(b []byte, c byte) ([]byte, bool) {
	if len(b) == 0 || b[0] != c {
		return b, false
	}
	return b[1:], true
}

func cutKey(b []byte) (metric int, rest []byte, ok bool) {
	if b, ok = trimByte(b, '"'); !ok {
		return 0, b, false
	}
	n := 0
	for n < len(b) && n < 9 && '0' <= b[n] && b[n] <= '9' {
		metric = 10*metric + int(b[n]-'0')
		n++
	}
	if n == 0 || len(b) < n+3 || b[n] != '"' || b[n+1] != ':' {
		return 0, b, false
	}
	return metric, b[n+2:], true
}

func cutValue(b []byte) (status eval.Status, value float64, rest []byte, ok bool) {
	n := 0
	for n < len(b) && b[n] != ',' && b[n] != '}' {
		n++
	}
	if n == len(b) || n == 0 {
		return "", 0, b, false
	}
	text := b[:n]
	if text[0] == '"' {
		status, ok = statusOf(strings.Trim(string(text), `"`))
		return status, 0, b[n:], ok
	}
	value, err := strconv.ParseFloat(string(text), 64)
	return eval.Scored, value, b[n:], err == nil
}

// statusOf gives the constant of a status without a value.
func statusOf(text string) (eval.Status, bool) {
	for _, s := range []eval.Status{eval.Skipped, eval.Missing, eval.Failed} {
		if text == string(s) {
			return s, true
		}
	}
	return "", false
}
