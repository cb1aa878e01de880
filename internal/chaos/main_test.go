package chaos

import (
	"testing"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }
