package report

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Visible makes text safe for a terminal: what is not printable stands as an
// escape of Go's, and so do octets that are no UTF-8. Names of files and values of
// settings may hold what moves the cursor or turns the direction of writing. Line
// feeds and tabs stay.
func Visible(s string) string {
	clean := func(r rune) bool { return r == '\n' || r == '\t' || strconv.IsPrint(r) }
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 || !clean(r) {
			q := strconv.Quote(s[:n])
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// oneLine is Visible on one line.
func oneLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(Visible(s))
}
