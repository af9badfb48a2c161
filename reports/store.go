package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// StoreHealth is what a look through a run database found.
type StoreHealth struct {
	Store   string `json:"store"`
	Sound   bool   `json:"sound"`
	Quick   bool   `json:"quick"` // texts and checksums were left out
	Runs    int    `json:"runs"`
	Outputs int    `json:"outputs"`
	Texts   int    `json:"texts"`
	// Unsealed counts rows from before there were checksums.
	Unsealed int           `json:"unsealed"`
	Damage   []StoreDamage `json:"damage"`
	More     int           `json:"more"` // findings that are not listed
}

// StoreDamage is one finding and the runs that it concerns, as far as known.
type StoreDamage struct {
	What string   `json:"what"`
	Runs []string `json:"runs"`
}

// Health says whether a run database is sound.
func Health(w io.Writer, h StoreHealth, opt Options) error {
	if opt.JSON {
		h.Damage = append([]StoreDamage{}, h.Damage...)
		for i := range h.Damage {
			h.Damage[i].Runs = list(h.Damage[i].Runs)
		}
		return asJSON(w, struct {
			Schema int `json:"schema"`
			StoreHealth
		}{schemaNumber, h})
	}
	var b bytes.Buffer
	seen := several(h.Runs, "run") + ", " + several(h.Outputs, "output")
	if !h.Quick {
		seen += ", " + several(h.Texts, "text")
	}
	if h.Sound {
		fmt.Fprintf(&b, "%s is sound: %s\n", plain(h.Store), seen)
	} else {
		fmt.Fprintf(&b, "%s is DAMAGED: %s in %s\n", plain(h.Store), several(len(h.Damage)+h.More, "finding"), seen)
	}
	for _, d := range h.Damage {
		b.WriteString("  " + plain(d.What))
		if len(d.Runs) > 0 {
			b.WriteString(" (" + plain(strings.Join(d.Runs, ", ")) + ")")
		}
		b.WriteByte('\n')
	}
	if h.More > 0 {
		fmt.Fprintf(&b, "  and %d more\n", h.More)
	}
	if h.Unsealed > 0 && !h.Quick {
		fmt.Fprintf(&b, "%s from before checksums were kept: of them only the texts are proven\n", several(h.Unsealed, "row"))
	}
	return flush(w, &b)
}

// StoreSize says what takes up the room of a run database, in bytes.
type StoreSize struct {
	Store string `json:"store"`
	File  int64  `json:"file"`
	Log   int64  `json:"log"`  // the write-ahead log
	Free  int64  `json:"free"` // room in the file that nothing uses
	// Max is the size from which runs warn, 0 without one.
	Max     int64 `json:"max_size"`
	Outputs int   `json:"outputs"`
	Cases   int   `json:"cases"`
	Texts   int   `json:"texts"`
	// Stored is what the texts take, compressed, and Shared the part of it that
	// several runs use; Plain is how long they are.
	Stored int64      `json:"stored"`
	Shared int64      `json:"shared"`
	Plain  int64      `json:"plain"`
	Runs   []RunSized `json:"runs"`
}

// RunSized is the size of a run in bytes.
type RunSized struct {
	ID      string    `json:"id"`
	Agent   string    `json:"agent"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	Pins    []string  `json:"pins"`
	Outputs int       `json:"outputs"`
	Texts   int64     `json:"texts"` // that it uses, compressed
	Alone   int64     `json:"alone"` // the part of them that no other run uses
	Rows    int64     `json:"rows"`  // about
}

// Size says what takes up the room of a run database.
func Size(w io.Writer, s StoreSize, opt Options) error {
	if opt.JSON {
		s.Runs = append([]RunSized{}, s.Runs...)
		for i := range s.Runs {
			s.Runs[i].Pins = list(s.Runs[i].Pins)
		}
		return asJSON(w, struct {
			Schema int `json:"schema"`
			StoreSize
		}{schemaNumber, s})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s takes %s", plain(s.Store), bytesOf(s.File+s.Log))
	if s.Max > 0 {
		fmt.Fprintf(&b, " of %s", bytesOf(s.Max))
	}
	fmt.Fprintf(&b, ": %s, %s, %s\n", several(len(s.Runs), "run"), several(s.Outputs, "output"), several(s.Cases, "case"))
	fmt.Fprintf(&b, "%s take %s (%s plain); %s of that is shared by several runs; %s of the file is unused\n\n",
		several(s.Texts, "text"), bytesOf(s.Stored), bytesOf(s.Plain), bytesOf(s.Shared), bytesOf(s.Free))
	tab := table{header: []string{"run", "agent", "version", "started", "outputs", "texts", "alone", "rows", "pinned as"}, right: []int{4, 5, 6, 7}}
	for _, r := range s.Runs {
		tab.add(r.ID, plain(r.Agent), plain(cut(r.Version, 24)), moment(r.Started, opt), fmt.Sprint(r.Outputs),
			bytesOf(r.Texts), bytesOf(r.Alone), bytesOf(r.Rows), plain(strings.Join(r.Pins, ", ")))
	}
	if err := tab.text(&b, opt.Width); err != nil {
		return err
	}
	return flush(w, &b)
}

// StoreCollected is what was dropped of a run database, or would be.
type StoreCollected struct {
	Store   string    `json:"store"`
	DryRun  bool      `json:"dry_run"`
	Dropped []RunLine `json:"dropped"`
	Kept    int       `json:"kept"`
	Cases   int       `json:"cases"`
	Texts   int       `json:"texts"`
	Bytes   int64     `json:"bytes"` // of the texts, as stored
}

// Collected says what was dropped.
func Collected(w io.Writer, c StoreCollected, opt Options) error {
	if opt.JSON {
		c.Dropped = append([]RunLine{}, c.Dropped...)
		for i := range c.Dropped {
			c.Dropped[i].Pins = list(c.Dropped[i].Pins)
		}
		return asJSON(w, struct {
			Schema int `json:"schema"`
			StoreCollected
		}{schemaNumber, c})
	}
	var b bytes.Buffer
	verb := "dropped"
	if c.DryRun {
		verb = "would drop"
	}
	fmt.Fprintf(&b, "%s %s and keep %d; %s and %s go with them, %s\n", verb, several(len(c.Dropped), "run"), c.Kept,
		several(c.Cases, "case"), several(c.Texts, "text"), bytesOf(c.Bytes))
	for _, r := range c.Dropped {
		fmt.Fprintf(&b, "  %s\t%s\t%s\t%s\n", r.ID, plain(r.Agent), plain(cut(r.Version, 24)), moment(r.Started, opt))
	}
	return flush(w, &b)
}

func bytesOf(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }
