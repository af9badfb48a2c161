package scorers

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func (d *differ) lists(at string, w, g []any) float64 {
	partner := make([]int, len(w))
	for i := range partner {
		partner[i] = i
		if i >= len(g) {
			partner[i] = -1
		}
	}
	if d.Lists != "ordered" {
		partner = d.pair(at, w, g)
	}
	sum, n, used := 0.0, 0, map[int]bool{}
	for i, j := range partner {
		to := fmt.Sprintf("%s/%d", at, i)
		switch {
		case d.ignored(to):
			used[j] = true
			continue
		case j >= 0:
			sum += d.compare(to, w[i], g[j])
			used[j] = true
		case d.Lists == "subset":
			continue
		default:
			d.budget--
			d.note(to, "is missing")
		}
		n++
	}
	if d.Lists == "superset" {
		return mean(sum, n)
	}
	for j := range g {
		if to := fmt.Sprintf("%s/%d", at, j); !used[j] && !d.ignored(to) {
			n++
			d.budget--
			d.note(to, "is not expected")
		}
	}
	return mean(sum, n)
}

// pair gives each expected element the one it is most like, the best pairs
// first; of pairs alike the earlier.
func (d *differ) pair(at string, w, g []any) []int {
	type couple struct {
		i, j  int
		alike float64
	}
	var couples []couple
	partner, taken := make([]int, len(w)), make([]bool, len(g))
	d.equalFirst(w, g, partner, taken)
	d.silent++
	for i := range w {
		for j := range g {
			if partner[i] >= 0 || taken[j] {
				continue
			}
			if v := d.compare(fmt.Sprintf("%s/%d", at, i), w[i], g[j]); v > 0 {
				couples = append(couples, couple{i, j, v})
			}
		}
		if d.spent() {
			break
		}
	}
	d.silent--
	slices.SortStableFunc(couples, func(a, b couple) int {
		if a.alike > b.alike {
			return -1
		} else if a.alike < b.alike {
			return 1
		}
		return 0
	})
	for _, c := range couples {
		if partner[c.i] < 0 && !taken[c.j] {
			partner[c.i], taken[c.j] = c.j, true
		}
	}
	return partner
}

// equalFirst pairs the elements that are the same as texts, so that only the
// others have to be held against each other.
func (d *differ) equalFirst(w, g []any, partner []int, taken []bool) {
	where := map[string][]int{}
	for j, v := range g {
		key := canonical(v)
		where[key] = append(where[key], j)
	}
	for i, v := range w {
		partner[i] = -1
		key := canonical(v)
		if at := where[key]; len(at) > 0 {
			partner[i], where[key] = at[0], at[1:]
			taken[at[0]] = true
		}
	}
}

func canonical(v any) string {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// short shows a value in a few characters.
func short(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return cut(quote(cut(v, 30)), 40)
	}
	return fmt.Sprint(v)
}

// pointerEscape writes a key as a part of a JSON Pointer (RFC 6901).
func pointerEscape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
