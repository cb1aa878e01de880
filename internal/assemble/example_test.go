package assemble_test

import (
	"fmt"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

// A configuration and its settings become a program; nothing is opened before
// it runs.
func ExampleBuild() {
	f, err := configs.Parse("web.config", []byte(`<configuration><system.serviceModel><services>
  <service name="Contoso.Echo"><endpoint name="echo" address="http://localhost:8000/echo" binding="basicHttpBinding" contract="IEcho"/></service>
</services></system.serviceModel></configuration>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, yaml := range []string{"", "services: [{name: Contoso.Echo, builtin: echo}]"} {
		s, err := settings.Parse("viaduct.yaml", []byte(yaml), settings.Overrides{})
		if err != nil {
			fmt.Println(err)
			return
		}
		p, err := assemble.Build(f, s, assemble.Options{})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(p.Addresses())
	}
	// Output:
	// web.config:2:12: nothing stands for service "Contoso.Echo"; add to viaduct.yaml:
	//   services:
	//     - name: Contoso.Echo
	//       forward: NAME-OF-A-CLIENT-ENDPOINT   # or a URL, or builtin: echo, or unused: true
	// [http://127.0.0.1:8000 admin http://127.0.0.1:9090]
}
