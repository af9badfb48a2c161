package text

// slot of a hash table of symbols: the value it holds plus one, 0 being free,
// and the number that stands for it.
type slot struct {
	value uint32
	id    int32
}

// runes numbers the code points of two texts densely, from 0, those of the
// second that the first does not have being all one number, and gives how many
// numbers there are.
func (t *editTable) runes(a, b string) (x, y []int32, kinds int) {
	size := 64
	t.a = t.a[:0]
	for _, r := range a {
		t.a = append(t.a, r)
	}
	for size < 2*len(t.a) && size < 1<<22 {
		size *= 2
	}
	if cap(t.slots) < size {
		t.slots = make([]slot, size)
	}
	t.slots = t.slots[:size]
	clear(t.slots)
	next := int32(0)
	for i, r := range t.a {
		s := t.slot(r)
		if s.value == 0 {
			s.value, s.id = uint32(r)+1, next
			next++
		}
		t.a[i] = s.id
	}
	t.b = t.b[:0]
	for _, r := range b {
		id := next
		if s := t.slot(r); s.value != 0 {
			id = s.id
		}
		t.b = append(t.b, id)
	}
	return t.a, t.b, int(next) + 1
}

// slot is where a code point stands, or the free slot where it would.
func (t *editTable) slot(r rune) *slot {
	mask := uint32(len(t.slots) - 1)
	for at := uint32(r) * 0x9E3779B1 >> 7 & mask; ; at = (at + 1) & mask {
		if s := &t.slots[at]; s.value == 0 || s.value == uint32(r)+1 {
			return s
		}
	}
}

// words numbers the words of two texts in the same way.
func (t *editTable) words(a, b []string) (x, y []int32, kinds int) {
	d := newDictionary(a)
	t.a, t.b = t.a[:0], t.b[:0]
	for i := range a {
		t.a = append(t.a, d.add(i))
	}
	for _, w := range b {
		id := d.find(w)
		if id < 0 {
			id = int32(len(a))
		}
		t.b = append(t.b, id)
	}
	return t.a, t.b, len(a) + 1
}
