import { describe, expect, it } from 'vitest'
import { cel } from '../engine.ts'

function valueOf(source: string): unknown {
  return cel.compile(source, { variables: [] }).evaluate({})
}

/** Cases from the documentation of Kubernetes' CEL libraries, and edges that kube-apiserver 1.36 answers alike. */
describe("Kubernetes' libraries", () => {
  it.each([
    ['quantity("500m").isLessThan(quantity("1"))', true],
    ['quantity("50Mi") == quantity("52428800")', true],
    ['quantity("1Gi") == quantity("1G")', false],
    ['quantity("200M").compareTo(quantity("0.2G"))', 0],
    ['quantity("50k").add(20).sub(quantity("19")).asInteger()', 50_001],
    ['quantity("1.5").isInteger()', false],
    ['quantity("-3").sign()', -1],
    ['quantity("9.5").asApproximateFloat()', 9.5],
    ['isQuantity("1.3GiB")', false],
    ['quantity("1500m")', '1500m'],
    ['string(quantity("2000m"))', '2'],
    ['semver("1.2.3").isLessThan(semver("1.10.0"))', true],
    ['semver("1.0.0-alpha.1").compareTo(semver("1.0.0-alpha.beta"))', -1],
    ['semver("1.0.0-rc.1").isLessThan(semver("1.0.0"))', true],
    ['semver("1.2.3+a") == semver("1.2.3+b")', true],
    ['semver("v01.2", true) == semver("1.2.0")', true],
    ['isSemver("v1.2.3")', false],
    ['semver("1.2.3").major() + semver("1.2.3").minor() + semver("1.2.3").patch()', 6],
    ['ip("::FFFF") == ip("0:0:0:0:0:0:0:ffff")', true],
    ['isIP("1.2.3.04") || isIP("::ffff:1.2.3.4") || isIP("fe80::1%eth0")', false],
    ['string(ip("2001:DB8:0:0:1:0:0:1"))', '2001:db8::1:0:0:1'],
    ['string(ip("2001:db8:0:1:1:1:1:1"))', '2001:db8:0:1:1:1:1:1'],
    ['string(ip("::"))', '::'],
    ['string(ip("1::"))', '1::'],
    ['string(ip("10:0:0:0:0:0:0:10"))', '10::10'],
    ['ip.isCanonical("2001:DB8::1")', false],
    ['ip("127.0.0.2").isLoopback() && ip("fe80::1").isLinkLocalUnicast()', true],
    ['ip("192.168.0.1").isGlobalUnicast()', true],
    ['ip("255.255.255.255").isGlobalUnicast()', false],
    ['ip("0.0.0.0").isUnspecified() && ip("224.0.0.1").isLinkLocalMulticast()', true],
    ['cidr("192.168.0.0/24").containsIP("192.168.0.7")', true],
    ['cidr("192.168.0.0/24").containsIP(ip("192.168.1.7"))', false],
    ['cidr("10.0.0.0/8").containsCIDR(cidr("10.1.0.0/16")) && !cidr("10.1.0.0/16").containsCIDR("10.0.0.0/8")', true],
    ['cidr("::1/128").ip().family()', 6],
    ['string(cidr("192.168.7.9/24").masked())', '192.168.7.0/24'],
    ['cidr("10.0.0.0/8").prefixLength()', 8],
    ['isCIDR("10.0.0.0/33") || isCIDR("10.0.0.0") || isCIDR("10.0.0.0/08")', false],
    ['url("https://user@example.com:8080/a%20b?k=1&k=2").getHost()', 'example.com:8080'],
    ['url("https://[::1]:80/").getHostname()', '::1'],
    ['url("https://[::1]:80/").getPort()', '80'],
    ['url("https://example.com/a%20b?k=1&k=2&j=").getQuery()', { k: ['1', '2'], j: [''] }],
    ['url("https://example.com/a%20b").getEscapedPath()', '/a%20b'],
    ['url("/path").getScheme()', ''],
    ['isURL("../relative") || isURL("https://a b.com/") || isURL("%")', false],
    ['isURL("https://a.com/\\u0007") || isURL("https://a.com/\\u007f")', false],
    ['format.dns1123Label().validate("ok").hasValue()', false],
    ['format.dns1123Label().validate("Not_ok").hasValue()', true],
    ['format.named("uuid").value().validate("x").value()', ['does not match the UUID format']],
    ['format.named("nothing").hasValue()', false],
    ['format.labelValue().validate("-a").orValue([]).size() > 0', true],
    ['"abc 123 def 456".find("[0-9]+")', '123'],
    ['"abc".find("[0-9]+")', ''],
    ['"123 abc 456".findAll("[0-9]+")', ['123', '456']],
    ['"123 abc 456".findAll("[0-9]+", 1)', ['123']],
    ['[1, 3, 2].isSorted() || ["b", "a"].isSorted()', false],
    ['[1, 3, 2].sum() + [4, 9].max() - [4, 9].min()', 11],
    ['[1.5, 2.5].sum()', 4],
    ['[].sum()', 0],
    ['["a", "b", "a"].indexOf("a") + ["a", "b", "a"].lastIndexOf("a")', 2],
    ['["a"].indexOf("z")', -1],
    ['[3, 1, 3, 2].distinct().sort()', [1, 2, 3]],
    ['[[1], [2, 3]].flatten()', [1, 2, 3]],
    ['sets.contains([1, 2], [2, 2]) && sets.equivalent([1, 1], [1]) && sets.intersects([1], [2, 1])', true],
    ['sets.contains([{"a": 1, "b": 2}], [{"b": 2, "a": 1}])', true],
    ['sets.intersects([1], [])', false],
  ])('%s', (source, want) => {
    expect(valueOf(source)).toEqual(want)
  })

  it.each([
    ['quantity("1.3GiB")', 'quantity'],
    ['ip("300.1.1.1")', '"300.1.1.1" is no IP address'],
    ['quantity("1").isLessThan(semver("1.2.3"))', 'expected a value of type Quantity'],
    ['[].max()', 'max called on empty list'],
    ['[1, "a"].sort()', 'values of one type'],
    ['semver("1.2")', '"1.2" is no semantic version'],
    ['format.named("nothing").value()', 'has no value'],
    ['string([1])', 'no such overload'],
  ])('%s fails', (source, reason) => {
    expect(() => valueOf(source)).toThrow(reason)
  })
})
