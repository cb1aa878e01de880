package configs

import (
	"testing"
	"time"
)

// FuzzAttribute_parse reads any text as every type: it does not panic, and what
// it takes lies in the range of the row.
func FuzzAttribute_parse(f *testing.F) {
	rows := []attribute{
		yes("bool", "false"), number("int", "", 1, 9), number("long", "", 0, maxLong), number("any", "", 0, 0), span("span", ""),
		span("positive", "").positive(), choice("enum", "", securityModes), flags("flags", "", authSchemes), switchLevels,
		link("uri"), coding("encoding"), text("text").shortest(3).longest(5), suite("suite"),
	}
	for _, s := range []string{
		"true", "0x7f", "#-1", "&hFFFFFFFF", "-9223372036854775808", "1.02:03:04.0000005", "-00:00:00.001", "24.20:31:23.6470000",
		"10675199.02:48:05.4775807", "99999999", "Infinite", "None,Basic", " , ", "Default", "http://a/\x7f", "utf-16", "\U0001f600\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, row := range rows {
			v, err := row.parse(s)
			switch x := v.(type) {
			case int64:
				if err == nil && row.max > 0 && (x < row.min || x > row.max) {
					t.Fatalf("%s: %q gives %d", row.name, s, x)
				}
			case time.Duration:
				if err == nil && (x < time.Duration(row.min)*tick || x > maxTimeSpan && x != Infinite) {
					t.Fatalf("%s: %q gives %v", row.name, s, x)
				}
			}
			if err != nil && err.Error() == "" {
				t.Fatalf("%s: %q is refused without a word", row.name, s)
			}
		}
	})
}
