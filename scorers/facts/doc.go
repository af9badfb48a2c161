// Package facts finds what can be checked in a text (numbers with their units,
// money, dates, names, negations, opposites, addresses and codes), aligns two
// texts by context, and names each fact that the second changes, leaves out or
// adds. Words and their relations are English; numbers, dates in digits, money,
// addresses and codes are found in texts of any language.
package facts
