package datasets

import (
	"fmt"
	"math"

	"github.com/dustin/go-humanize"
	"go.yaml.in/yaml/v4"
)

// store reads what the suite says of the run database.
func (r *suiteReader) store(n *yaml.Node) {
	for _, e := range r.entries(n, "store", "max_size") {
		size, err := ParseSize(r.text(e[1], "store: max_size"))
		if err != nil {
			r.fault(e[1], "store: max_size: %v", err)
		}
		r.suite.StoreMax = size
	}
}

// ParseSize reads a size such as 2GiB, 500 MB or a number of bytes.
func ParseSize(text string) (int64, error) {
	n, err := humanize.ParseBytes(text)
	if err != nil || n == 0 || n > math.MaxInt64 {
		return 0, fmt.Errorf("expected a size such as 2GiB or 500MB, found %q", text)
	}
	return int64(n), nil
}
