package drift

import "fmt"

// everyNight is how often a comparison is taken to be made a month.
const everyNight = 30

// AlarmBudget says how many false alarms the settings imply.
type AlarmBudget struct {
	// PerReport is the chance that a report on an unchanged agent says regressed.
	PerReport float64 `json:"per_report"`
	// Comparisons with the baseline a month: Options.Month, or one every night.
	Comparisons int `json:"comparisons_a_month"`
	// PerMonth are the false alarms that are to be expected. Comparisons with
	// the same baseline share its noise, so that they come in clusters; their
	// expected number is the same.
	PerMonth float64 `json:"per_month"`
	Reason   string  `json:"reason"`
}

func alarmBudget(o Options) AlarmBudget {
	b := AlarmBudget{PerReport: o.Alpha / 2, Comparisons: everyNight}
	often := "compared every night"
	if o.Month > 0 {
		b.Comparisons = o.Month
		often = fmt.Sprintf("with %s in 30 days, as of late", count(o.Month, "comparison"))
	}
	b.PerMonth = b.PerReport * float64(b.Comparisons)
	b.Reason = fmt.Sprintf("%s, these settings raise %s a month on an unchanged agent", often, falseAlarms(b.PerMonth))
	return b
}

func falseAlarms(n float64) string {
	if rounded(n, 1) == "1.0" {
		return "about 1 false alarm"
	}
	return about(n) + " false alarms"
}
