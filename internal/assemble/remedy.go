package assemble

import (
	"regexp"
	"strconv"
)

// plain is what stands in YAML as it is, whatever it is.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([._+-][A-Za-z0-9]+)+$`)

// scalar writes a name for the lines of a remedy. Quoted text of Go is YAML too:
// its escapes are the same.
func scalar(s string) string {
	if plain.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
