import { BlockList, isIP } from 'node:net';

/**
 * IPv4 networks that are no public address. Source: IANA IPv4 Special-Purpose Address Registry, and multicast (RFC 5771).
 */
const PRIVATE_V4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8], // this network, unspecified
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // shared by carriers (CGNAT)
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, and the metadata of clouds
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
];

/** All that is public is in here; loopback, link-local, unique local, multicast and mapped addresses are not. */
const GLOBAL_V6 = ['2000::', 3] as const;

/** Networks within 2000::/3 that are no public address, or that lead to IPv4 addresses. Source: IANA's IPv6 registry. */
const PRIVATE_V6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23], // protocol assignments, Teredo
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4
  ['3fff::', 20], // documentation
];

/** Which addresses may be spoken to: public ones, and those that the installation allows. */
export class AddressRules {
  private readonly hosts: ReadonlySet<string>;
  private readonly networks = new BlockList();

  /** @param allowed names of hosts, addresses, and networks such as `10.0.0.0/8` */
  constructor(allowed: readonly string[] = []) {
    const isNetwork = (entry: string): boolean => isIP(entry.split('/')[0]!) !== 0;
    this.hosts = new Set(allowed.filter((entry) => !isNetwork(entry)).map((entry) => entry.toLowerCase()));
    for (const entry of allowed.filter(isNetwork)) {
      const [address, prefix] = entry.split('/') as [string, string?];
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      this.networks.addSubnet(
        address,
        prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix),
        family,
      );
    }
  }

  /** Whether the installation names this host: wherever it is, it may be spoken to. */
  namesHost(host: string): boolean {
    return this.hosts.has(host.toLowerCase());
  }

  /** Whether the installation names this address, or a network that it is in. */
  namesAddress(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.networks.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  /** Whether an address may be spoken to. What is no address may not. */
  allows(address: string): boolean {
    return this.namesAddress(address) || isPublic(address);
  }
}

const SPECIAL_V4 = listOf(PRIVATE_V4, 'ipv4');
const SPECIAL_V6 = listOf(PRIVATE_V6, 'ipv6');
const GLOBAL = listOf([GLOBAL_V6], 'ipv6');

/** Whether everybody on the internet means the same by an address. */
function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !SPECIAL_V4.check(address, 'ipv4');
  if (family !== 6 || address.includes('%')) return false;
  return GLOBAL.check(address, 'ipv6') && !SPECIAL_V6.check(address, 'ipv6');
}

function listOf(
  networks: readonly (readonly [network: string, prefix: number])[],
  family: 'ipv4' | 'ipv6',
): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, family);
  return list;
}
