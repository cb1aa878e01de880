package report

import (
	"strings"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
)

// Explain finds the explanation of a finding's code, in whatever letter case.
func Explain(code string) (configs.CodeInfo, bool) {
	for _, c := range assemble.Codes() {
		if strings.EqualFold(c.Code, code) {
			return c, true
		}
	}
	return configs.Explain(code)
}
