package report_test

import (
	"fmt"
	"os"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/report"
)

func ExampleText() {
	f, err := configs.Parse("web.config", []byte(`<configuration><system.serviceModel><services>
  <service name="Contoso.Orders">
    <endpoint name="in" address="http://localhost:8000/orders" binding="basicHttpBinding" contract="Contoso.IOrders"/>
  </service>
</services></system.serviceModel></configuration>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	r := assemble.Check(f, nil, nil, assemble.Options{})
	if err := report.Text(os.Stdout, []*assemble.Report{r}, report.TextOptions{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// web.config
	//   does not start    1 finding to resolve
	//   needs a decision  1 endpoint
	//   settings          1 refused, 1 unused
	//
	//   service Contoso.Orders (web.config:2:3)
	//     needs a decision  in  http://localhost:8000/orders  basicHttpBinding (web.config:3:5)
	//
	// web.config:2:12: refused: nothing stands for service "Contoso.Orders" [service-unbound]
	//     viaduct.yaml:
	//       services:
	//         - name: Contoso.Orders
	//           forward: NAME-OF-A-CLIENT-ENDPOINT   # or a URL, or builtin: echo, or unused: true
	//
	// 1 element is unused as long as services need a decision; --all lists them
}

func ExampleExplain() {
	c, ok := report.Explain("no-certificate")
	fmt.Println(ok, c.Title)
	fmt.Println(c.Remedy)
	// Output:
	// true An https endpoint has no certificate
	// Add a socket with scheme https and tls under sockets in the settings.
}

func ExampleVisible() {
	fmt.Println(report.Visible("Contoso.\x1b[2JOrders"))
	// Output: Contoso.\x1b[2JOrders
}
