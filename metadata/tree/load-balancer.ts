import type { LoadBalancerConfig, PortRule } from '../../model/index.ts';
import type { ValueObject } from '../value/value.ts';

/** A service's `lb_config`. */
export function loadBalancerObject(config: LoadBalancerConfig): ValueObject {
  const { certs, defaultCert, stickinessPolicy, portRules } = config;
  return {
    certs,
    config: config.config,
    default_cert: defaultCert,
    port_rules: portRules.map(portRuleObject),
    stickiness_policy: stickinessPolicy && { ...stickinessPolicy },
  };
}

function portRuleObject(rule: PortRule): ValueObject {
  return {
    backend_name: rule.backendName,
    environment: null,
    hostname: rule.hostname,
    path: rule.path,
    priority: rule.priority,
    protocol: rule.protocol,
    region: null,
    selector: rule.selector,
    service: rule.service,
    source_port: rule.sourcePort,
    target_port: rule.targetPort,
    weight: rule.weight,
  };
}
