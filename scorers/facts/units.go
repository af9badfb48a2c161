package facts

import (
	"strconv"
	"strings"
	"sync"
)

// unitOf is what a number may be followed by: which kind it makes, the name of
// its base unit and how many of those it is.
type unitOf struct {
	kind   Kind
	base   string
	factor float64
}

// The units of the SI with the prefixes in everyday use, those of trade, kitchen
// and road that are used beside them, and the currencies of ISO 4217 most traded.
// A name that is a common word too ("try", "real") is left out.
const unitTable = `
Duration second 1 second seconds sec secs s
Duration second 0.001 millisecond milliseconds ms
Duration second 0.000001 microsecond microseconds µs μs
Duration second 0.000000001 nanosecond nanoseconds ns
Duration second 60 minute minutes min mins
Duration second 3600 hour hours hr hrs h
Duration second 86400 day days tag tage tagen jour jours dia dias 日
Duration second 604800 week weeks wk wks woche wochen semaine semaines
Duration second 1209600 fortnight fortnights
Duration month 1 month months monat monate monaten mois mes meses
Duration month 3 quarter quarters
Duration month 12 year years yr yrs jahr jahre jahren ans año años 年
Duration month 120 decade decades
Duration month 1200 century centuries
Duration night 1 night nights
Percent % 1 % ％ percent pct prozent
Percent pp 1 pp
Percent ‰ 1 ‰
Percent bp 1 bps
Money usd 1 $ usd dollar dollars us$ bucks
Money usd 0.01 cent cents ¢
Money eur 1 € eur euro euros
Money gbp 1 £ gbp quid sterling
Money gbp 0.01 pence penny p
Money jpy 1 ¥ jpy yen 円
Money cny 1 cny rmb yuan renminbi
Money inr 1 ₹ inr rupee rupees
Money chf 1 chf franc francs franken
Money cad 1 cad
Money aud 1 aud
Money nzd 1 nzd
Money hkd 1 hkd
Money sgd 1 sgd
Money twd 1 twd
Money peso 1 peso pesos
Money mxn 1 mxn
Money php 1 php ₱
Money krw 1 ₩ krw won
Money rub 1 ₽ rub ruble rubles rouble roubles
Money lira 1 ₺ lira liras
Money uah 1 ₴ uah hryvnia
Money ils 1 ₪ ils shekel shekels
Money vnd 1 ₫ vnd dong
Money thb 1 ฿ thb baht
Money ngn 1 ₦ ngn naira
Money ghs 1 ₵ ghs cedi cedis
Money crc 1 ₡ crc
Money kzt 1 ₸ kzt tenge
Money brl 1 brl reais
Money zar 1 zar
Money sek 1 sek kronor
Money krone 1 krone kroner krona
Money nok 1 nok
Money dkk 1 dkk
Money pln 1 pln zloty zlotys
Money czk 1 czk koruna
Money huf 1 huf forint forints
Money dinar 1 dinar dinars
Money dirham 1 aed dirham dirhams
Money sar 1 sar riyal riyals
Money myr 1 myr ringgit
Money idr 1 idr rupiah
Money shilling 1 shilling shillings
Money btc 1 ₿ btc bitcoin bitcoins
Quantity metre 1 m metre metres meter meters
Quantity metre 1000 km kilometre kilometres kilometer kilometers
Quantity metre 0.1 dm decimetre decimetres decimeter decimeters
Quantity metre 0.01 cm centimetre centimetres centimeter centimeters
Quantity metre 0.001 mm millimetre millimetres millimeter millimeters
Quantity metre 0.000001 µm μm micrometre micrometres micrometer micrometers micron microns
Quantity metre 0.000000001 nm nanometre nanometres nanometer nanometers
Quantity metre 1609.344 mile miles mi
Quantity metre 0.9144 yard yards yd yds
Quantity metre 0.3048 foot feet ft
Quantity metre 0.0254 inch inches
Quantity acre 1 acre acres
Quantity metre² 10000 hectare hectares ha
Quantity gram 1 g gram grams gramme grammes
Quantity gram 0.001 mg milligram milligrams
Quantity gram 0.000001 mcg µg μg ug microgram micrograms
Quantity gram 0.000000001 ng nanogram nanograms
Quantity gram 1000 kg kgs kilo kilos kilogram kilograms
Quantity gram 1000000 tonne tonnes
Quantity ton 1 ton tons
Quantity carat 1 carat carats ct
Quantity pound 1 pound pounds
Quantity lb 1 lb lbs
Quantity lb 14 stone
Quantity lb 0.0625 oz ounce ounces
Quantity litre 1 l litre litres liter liters
Quantity litre 0.1 dl decilitre decilitres deciliter deciliters
Quantity litre 0.01 cl centilitre centilitres centiliter centiliters
Quantity litre 0.001 ml millilitre millilitres milliliter milliliters
Quantity litre 0.000001 µl μl microlitre microlitres microliter microliters
Quantity gallon 1 gallon gallons gal
Quantity gallon 0.25 quart quarts
Quantity gallon 0.125 pint pints
Quantity barrel 1 barrel barrels bbl
Quantity cup 1 cup cups
Quantity teaspoon 1 teaspoon teaspoons tsp
Quantity teaspoon 3 tablespoon tablespoons tbsp
Quantity byte 1 byte bytes
Quantity byte 1000 kb kilobyte kilobytes
Quantity byte 1000000 mb megabyte megabytes
Quantity byte 1000000000 gb gigabyte gigabytes
Quantity byte 1000000000000 tb terabyte terabytes
Quantity byte 1000000000000000 pb petabyte petabytes
Quantity byte 1024 kib kibibyte kibibytes
Quantity byte 1048576 mib mebibyte mebibytes
Quantity byte 1073741824 gib gibibyte gibibytes
Quantity byte 1099511627776 tib tebibyte tebibytes
Quantity bit 1 bit bits
Quantity bit 1000 kbit kilobit kilobits
Quantity bit 1000000 mbit megabit megabits
Quantity bit 1000000000 gbit gigabit gigabits
Quantity bit/second 1000 kbps
Quantity bit/second 1000000 mbps
Quantity bit/second 1000000000 gbps
Quantity pixel 1 pixel pixels px
Quantity watt 1 w watt watts
Quantity watt 0.001 mw milliwatt milliwatts
Quantity watt 1000 kw kilowatt kilowatts
Quantity watt 1000000 megawatt megawatts
Quantity watt 1000000000 gw gigawatt gigawatts
Quantity kwh 1 kwh
Quantity kwh 1000 mwh
Quantity horsepower 1 hp horsepower
Quantity joule 1 joule joules
Quantity joule 1000 kj kilojoule kilojoules
Quantity calorie 1 calorie calories
Quantity kilocalorie 1 kcal kilocalorie kilocalories
Quantity volt 1 volt volts
Quantity volt 1000 kv kilovolt kilovolts
Quantity ampere 1 amp amps ampere amperes
Quantity ampere 0.001 ma milliamp milliamps
Quantity ampere-hour 0.001 mah
Quantity ohm 1 ohm ohms Ω
Quantity newton 1 newton newtons
Quantity pascal 1 pa pascal pascals
Quantity pascal 100 hpa hectopascal hectopascals
Quantity pascal 1000 kpa kilopascal kilopascals
Quantity bar 1 bar
Quantity psi 1 psi
Quantity decibel 1 db decibel decibels
Quantity lumen 1 lumen lumens
Quantity kelvin 1 kelvin kelvins
Quantity °c 1 °c ℃ celsius
Quantity °f 1 °f ℉ fahrenheit
Quantity degree 1 ° degree degrees
Quantity hertz 1 hz hertz
Quantity hertz 1000 khz kilohertz
Quantity hertz 1000000 mhz megahertz
Quantity hertz 1000000000 ghz gigahertz
Quantity rpm 1 rpm
Quantity ppm 1 ppm
Quantity metre/second 0.44704 mph
Quantity metre/second 0.277777777777778 kmh kph
Quantity knot 1 knot knots
Quantity times 1 times`

var units = sync.OnceValue(func() map[string]unitOf {
	table := map[string]unitOf{}
	for _, line := range lines(unitTable) {
		f := strings.Fields(line)
		u := unitOf{base: f[1]}
		for k := Percent; k <= Quantity; k++ {
			if strings.EqualFold(f[0], unitKinds[k]) {
				u.kind = k
			}
		}
		u.factor, _ = strconv.ParseFloat(f[2], 64) // the table above is tested whole
		for _, name := range f[3:] {
			table[name] = u
		}
	}
	return table
})

var unitKinds = map[Kind]string{Percent: "Percent", Money: "Money", Duration: "Duration", Quantity: "Quantity"}

// bits are units whose capitals make them others: bits, and mega instead of milli.
var bits = map[string]bool{"Mg": true, "Gb": true, "Mb": true, "Kb": true, "Tb": true, "Mm": true, "MW": true}

// currencies are the signs that stand before or behind an amount.
const currencies = "$€£¥₹₩₽₺₴₪₫฿₦₵₡₸₱₿"

// qualified are the currencies that a word before their name tells apart.
var qualified = map[string]string{"us dollar": "usd", "american dollar": "usd", "canadian dollar": "cad", "australian dollar": "aud",
	"singapore dollar": "sgd", "mexican peso": "mxn", "philippine peso": "php", "british pound": "gbp", "swiss franc": "chf",
	"norwegian krone": "nok", "danish krone": "dkk", "swedish krona": "sek", "turkish lira": "lira", "indian rupee": "inr"}

// dollars are the letters before the sign that say whose it is.
var dollars = map[string]string{"us": "usd", "ca": "cad", "c": "cad", "au": "aud", "a": "aud", "nz": "nzd", "hk": "hkd", "s": "sgd", "r": "brl"}
