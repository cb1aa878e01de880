package routing_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/viaduct-soap/viaduct/internal/buf"
)

// checked looks for leases that are alive after the tests.
type checked struct{ *testing.M }

func (c checked) Run() int { return buf.Main(c.M) }

func TestMain(m *testing.M) { goleak.VerifyTestMain(checked{m}) }
