package eval

import (
	"bytes"
	"encoding/json"
)

// CanonicalJSON writes a JSON value without white space and with the keys of
// every object sorted; digits of numbers are kept. What is not JSON comes back
// as it is. An empty value gives nil.
func CanonicalJSON(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return raw
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return raw
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
