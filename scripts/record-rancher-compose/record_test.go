package rancher

import (
	"encoding/json"
	"fmt"
	"io/ioutil"
	"os"
	"sort"
	"testing"

	"github.com/docker/libcompose/config"
	"github.com/docker/libcompose/project"
	"github.com/rancher/go-rancher/v2"
	"github.com/rancher/rancher-compose/preprocess"
)

// A docker-compose.yml and its rancher-compose.yml.
type pair struct {
	Compose string `json:"compose"`
	Rancher string `json:"rancher"`
}

// The server's side: every service of another stack exists, and those of the stack itself that the files declare.

type stacks struct{ client.StackOperations }

func (stacks) List(opts *client.ListOpts) (*client.StackCollection, error) {
	name := opts.Filters["name"].(string)
	return &client.StackCollection{Data: []client.Stack{{Resource: client.Resource{Id: name}, Name: name}}}, nil
}

type services struct {
	client.ServiceOperations
	own map[string]bool
}

func (s services) List(opts *client.ListOpts) (*client.ServiceCollection, error) {
	stack, name := opts.Filters["stackId"].(string), opts.Filters["name"].(string)
	if stack == "demo" && !s.own[name] {
		return &client.ServiceCollection{}, nil
	}
	id := stack + "/" + name
	return &client.ServiceCollection{Data: []client.Service{{Resource: client.Resource{Id: id}, Name: name}}}, nil
}

type certificates struct{ client.CertificateOperations }

func (certificates) List(opts *client.ListOpts) (*client.CertificateCollection, error) {
	name := opts.Filters["name"].(string)
	return &client.CertificateCollection{Data: []client.Certificate{{Resource: client.Resource{Id: name}}}}, nil
}

type environment struct{}

func (environment) Lookup(key string, config *config.ServiceConfig) []string { return nil }

var kinds = map[ServiceType]string{
	RancherType: "service", LegacyLbServiceType: "loadBalancerService", LbServiceType: "loadBalancerService",
	DnsServiceType: "dnsService", ExternalServiceType: "externalService", StorageDriverType: "service", NetworkDriverType: "service",
}

// Converts one pair of files to what would be sent to the server.
func read(one pair) (out map[string]interface{}, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	context := &Context{Stack: &client.Stack{Resource: client.Resource{Id: "demo"}}, RancherConfig: map[string]RancherConfig{}}
	context.EnvironmentLookup = environment{}
	if err := context.unmarshalBytes([]byte(one.Compose), []byte(one.Rancher)); err != nil {
		return nil, err
	}
	if context.RancherConfig == nil {
		context.RancherConfig = map[string]RancherConfig{}
	}
	_, configs, _, _, err := config.Merge(config.NewServiceConfigs(), environment{}, nil, "docker-compose.yml", []byte(one.Compose),
		&config.ParseOptions{Interpolate: true, Validate: true, Preprocess: preprocess.PreprocessServiceMap(nil)})
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	context.Project = project.NewProject(&context.Context, nil, nil)
	for name, one := range configs {
		own[name] = true
		context.Project.ServiceConfigs.Add(name, one)
	}
	context.Client = &client.RancherClient{Service: services{own: own}, Stack: stacks{}, Certificate: certificates{}}
	out = map[string]interface{}{}
	for name, one := range configs {
		r := NewService(name, one, context)
		service, launch := CompositeService{}, client.LaunchConfig{}
		if err := populateLbFields(r, &launch, &service); err != nil {
			return nil, err
		}
		links, err := r.getLinks()
		if err != nil {
			return nil, err
		}
		names := []string{}
		for link, id := range links {
			names = append(names, id+":"+link.Alias)
		}
		sort.Strings(names)
		rancher := r.RancherConfig()
		result := map[string]interface{}{"kind": kinds[FindServiceType(r)], "links": names, "scale": rancher.Scale, "externalIps": rancher.ExternalIps, "hostname": rancher.Hostname, "health": rancher.HealthCheck}
		if service.RealLbConfig != nil {
			rules := []string{}
			for _, p := range service.RealLbConfig.PortRules {
				target := p.ServiceId
				if p.Selector != "" {
					target = "{" + p.Selector + "}"
				}
				rules = append(rules, fmt.Sprintf("%d %s -> %s:%d [%s%s] %d %s", p.SourcePort, p.Protocol, target, p.TargetPort, p.Hostname, p.Path, p.Priority, p.BackendName))
			}
			result["rules"] = rules
			result["config"] = service.RealLbConfig.Config
			result["certs"] = service.RealLbConfig.CertificateIds
			result["defaultCert"] = service.RealLbConfig.DefaultCertificateId
			result["policy"] = service.RealLbConfig.StickinessPolicy
			result["ports"] = launch.Ports
		}
		out[name] = result
	}
	return out, nil
}

// Writes what this program makes of the files in $PAIRS to $RESULTS.
func TestRecord(t *testing.T) {
	bytes, err := ioutil.ReadFile(os.Getenv("PAIRS"))
	if err != nil {
		t.Fatal(err)
	}
	var pairs []pair
	if err := json.Unmarshal(bytes, &pairs); err != nil {
		t.Fatal(err)
	}
	results := []map[string]interface{}{}
	for _, one := range pairs {
		services, err := read(one)
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, one.Compose, one.Rancher)
		}
		results = append(results, map[string]interface{}{"compose": one.Compose, "rancher": one.Rancher, "services": services})
	}
	encoded, err := json.MarshalIndent(results, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := ioutil.WriteFile(os.Getenv("RESULTS"), encoded, 0644); err != nil {
		t.Fatal(err)
	}
}
