package admin

import "github.com/prometheus/client_golang/prometheus"

// Counters registers figures of one name that only grow and are read when they
// are asked for; which there are, by the values of labels, may change. read calls
// each once for every figure, with a value for each label.
func (m *Metrics) Counters(name, help string, labels []string, read func(each func(figure float64, values ...string))) {
	m.registry.MustRegister(&counters{prometheus.NewDesc(name, help, labels, nil), read})
}

type counters struct {
	desc *prometheus.Desc
	read func(func(float64, ...string))
}

func (x *counters) Describe(c chan<- *prometheus.Desc) { c <- x.desc }

func (x *counters) Collect(c chan<- prometheus.Metric) {
	x.read(func(figure float64, values ...string) {
		c <- prometheus.MustNewConstMetric(x.desc, prometheus.CounterValue, figure, values...)
	})
}
