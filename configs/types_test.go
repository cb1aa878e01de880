package configs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Rows of spec wcf-config, section 0.
func TestAttribute_parse(t *testing.T) {
	t.Parallel()
	fails := struct{}{}
	level := []string{"None", "Transport", "Message"}
	for _, tt := range []struct {
		name string
		row  attribute
		text string
		want any
	}{
		{"bool", attribute{typ: tBool}, "true", true},
		{"bool in any case", attribute{typ: tBool}, "FALSE", false},
		{"bool with blanks", attribute{typ: tBool}, " True\t", true},
		{"bool 1", attribute{typ: tBool}, "1", fails},
		{"bool yes", attribute{typ: tBool}, "yes", fails},
		{"bool empty", attribute{typ: tBool}, "", fails},

		{"enum", attribute{typ: tEnum, enum: level}, "Transport", "Transport"},
		{"enum other case", attribute{typ: tEnum, enum: level}, "transport", fails},
		{"enum blank", attribute{typ: tEnum, enum: level}, " None", fails},
		{"enum digit", attribute{typ: tEnum, enum: level}, "1", fails},
		{"enum empty", attribute{typ: tEnum, enum: level}, "", fails},
		{"enum list", attribute{typ: tEnum, enum: level}, "None,Message", fails},
		{"flags", attribute{typ: tFlags, enum: level}, "None, Message", []string{"None", "Message"}},
		{"flags unknown", attribute{typ: tFlags, enum: level}, "None,Other", fails},

		{"int", attribute{typ: tInt}, "65536", int64(65536)},
		{"int blanks", attribute{typ: tInt}, " 7 ", int64(7)},
		{"int negative", attribute{typ: tInt}, "-7", int64(-7)},
		{"int hex", attribute{typ: tInt}, "0x10", int64(16)},
		{"int hex Basic", attribute{typ: tInt}, "&h10", int64(16)},
		{"int hex hash", attribute{typ: tInt}, "#FF", int64(255)},
		{"int fraction", attribute{typ: tInt}, "1.5", fails},
		{"int overflow", attribute{typ: tInt}, "2147483648", fails},
		{"int largest", attribute{typ: tInt}, "2147483647", int64(2147483647)},
		{"int below range", attribute{typ: tInt, min: 1, max: 9}, "0", fails},
		{"int above range", attribute{typ: tInt, min: 1, max: 9}, "10", fails},
		{"long", attribute{typ: tInt, min: 1, max: maxLong}, "9223372036854775807", int64(maxLong)},

		{"span clock", attribute{typ: tTimeSpan}, "00:01:30", 90 * time.Second},
		{"span hh:mm", attribute{typ: tTimeSpan}, "01:30", 90 * time.Minute},
		{"span days", attribute{typ: tTimeSpan}, "1.02:00:00", 26 * time.Hour},
		{"span fraction", attribute{typ: tTimeSpan}, "00:00:00.2", 200 * time.Millisecond},
		{"span tick", attribute{typ: tTimeSpan}, "00:00:00.0000001", 100 * time.Nanosecond},
		{"span bare number is days", attribute{typ: tTimeSpan}, "10", 240 * time.Hour},
		{"span zero", attribute{typ: tTimeSpan}, "0", time.Duration(0)},
		{"span Infinite", attribute{typ: tTimeSpan}, "infinite", Infinite},
		{"span MaxValue", attribute{typ: tTimeSpan}, "10675199.02:48:05.4775807", Infinite},
		{"span largest", attribute{typ: tTimeSpan}, "24.20:31:23.6470000", (1<<31 - 1) * time.Millisecond},
		{"span too large", attribute{typ: tTimeSpan}, "24.20:31:23.6480000", fails},
		{"span too many days", attribute{typ: tTimeSpan}, "25", fails},
		{"span negative", attribute{typ: tTimeSpan}, "-00:00:01", fails},
		{"span minus zero", attribute{typ: tTimeSpan}, "-00:00:00", time.Duration(0)},
		{"span 24 hours", attribute{typ: tTimeSpan}, "24:00:00", fails},
		{"span 60 minutes", attribute{typ: tTimeSpan}, "00:60:00", fails},
		{"span 8 digits", attribute{typ: tTimeSpan}, "00:00:00.00000001", fails},
		{"span unit", attribute{typ: tTimeSpan}, "10s", fails},
		{"span empty", attribute{typ: tTimeSpan}, "", fails},

		{"uri absolute", attribute{typ: tURI}, " http://a/b ", "http://a/b"},
		{"uri relative", attribute{typ: tURI}, "../x", "../x"},
		{"uri empty", attribute{typ: tURI}, "", ""},
		{"uri control", attribute{typ: tURI}, "http://a/\x01", fails},

		{"encoding utf-8", attribute{typ: tEncoding}, "UTF-8", "utf-8"},
		{"encoding unicode", attribute{typ: tEncoding}, "unicode", "utf-16"},
		{"encoding big end", attribute{typ: tEncoding}, "unicodeFFFE", "utf-16BE"},
		{"encoding other", attribute{typ: tEncoding}, "iso-8859-1", fails},

		{"version", attribute{typ: tMessageVersion}, "Soap11WSAddressingAugust2004", "Soap11WSAddressingAugust2004"},
		{"version Default", attribute{typ: tMessageVersion}, "Default", "Soap12WSAddressing10"},
		{"version other case", attribute{typ: tMessageVersion}, "soap11", fails},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.row.parse(tt.text)
			if tt.want == fails {
				require.Error(t, err)
				assert.NotEmpty(t, err.Error())
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestQuote_hidesSecrets(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"Password=canary", "User ID=a;pwd=canary", "SharedAccessKey=canary", "http://user:canary@host/"} {
		assert.NotContains(t, quote(s), "canary")
	}
	assert.Equal(t, `"a"`, quote("a"))
	assert.Less(t, len(quote(string(make([]byte, 1000)))), 400)
}
