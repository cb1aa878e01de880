package wssec_test

import (
	"testing"

	"github.com/viaduct-soap/viaduct/internal/wssec"
)

func BenchmarkCoverage(b *testing.B) {
	for _, c := range []struct{ name, message string }{
		{"security=none", prolog + epilog},
		{"security=token", prolog + security("") + epilog},
		{"security=signed", signed(reference("#_0", exc), reference("#_1", exc), reference("#_2", exc), reference("#_body", exc))},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := decode(b, c.message)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := wssec.Coverage(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
