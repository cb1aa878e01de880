package admin_test

import (
	"encoding/json"
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

// The console lists the last messages, and what was decided for each.
func ExampleDecisions() {
	d := admin.NewDecisions(200)
	q := binding.NewRequest(nil, nil)
	q.Action = "urn:orders/IOrders/Place"
	q.Decision.Routed(binding.Choice{Name: "all", Why: "priority 0"})
	d.Observe("orders", &binding.Exchange{Request: q, Status: 200, Via: "http://edge:8000/orders"})

	s := admin.New(admin.Options{Metrics: admin.NewMetrics(), Console: &fake{}, Decisions: d})
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/decisions.json?text=place", http.NoBody))
	var a admin.DecisionsAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		fmt.Println(err)
	}
	for _, x := range a.Decisions {
		fmt.Println(x.Seq, x.Outcome, x.Action)
		fmt.Print(x.Decision)
	}
	// Output:
	// 1 reply urn:orders/IOrders/Place
	// route     all: priority 0
}
