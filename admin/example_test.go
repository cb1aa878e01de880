package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/binding"
)

// Metrics are asked for series once and told of each exchange.
func ExampleMetrics_Listener() {
	m := admin.NewMetrics()
	orders := m.Listener("orders")
	orders.Observe(&binding.Exchange{Status: 200})
	orders.Observe(&binding.Exchange{Status: 500, Fault: true, Err: errors.New("no such order")})

	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "viaduct_messages_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// viaduct_messages_total{listener="orders",outcome="accepted"} 0
	// viaduct_messages_total{listener="orders",outcome="fault"} 1
	// viaduct_messages_total{listener="orders",outcome="refused"} 0
	// viaduct_messages_total{listener="orders",outcome="reply"} 1
}
