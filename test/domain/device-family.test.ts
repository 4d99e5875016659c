import assert from "node:assert/strict";
import { deviceFamily } from "../../src/domain/device-family.ts";

const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
const windows = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit}`;
const mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const iPhone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";

describe("the kind of device that a browser names", () => {
  const agents: [named: string, agent: string | undefined][] = [
    ["Windows, Edge", `${windows} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`],
    ["Windows, Chrome", `${windows} Chrome/131.0.0.0 Safari/537.36`],
    ["Windows, Firefox", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"],
    ["Windows, Opera", `${windows} Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0`],
    [
      "Windows, Teams",
      `${windows} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0 Teams/24295.605.3225.8804/49`,
    ],
    ["Mac, Safari", `${mac} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15`],
    ["Mac, Chrome", `${mac} ${webkit} Chrome/131.0.0.0 Safari/537.36`],
    ["iPhone, Safari", `${iPhone} Version/18.1 Mobile/15E148 Safari/604.1`],
    ["iPhone, Edge", `${iPhone} Version/18.0 EdgiOS/131.0.2903.68 Mobile/15E148 Safari/604.1`],
    ["iPhone, Chrome", `${iPhone} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1`],
    ["iPhone, Firefox", `${iPhone} FxiOS/132.0 Mobile/15E148 Safari/605.1.15`],
    ["iPad, Safari", "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1"],
    ["Android, Chrome", `Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/131.0.0.0 Mobile Safari/537.36`],
    [
      "Android, Edge",
      `Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/131.0.0.0 Mobile Safari/537.36 EdgA/131.0.0.0`,
    ],
    [
      "Android, Samsung Internet",
      `Mozilla/5.0 (Linux; Android 14) ${webkit} SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36`,
    ],
    ["Linux, Firefox", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"],
    [
      "Chromebook, Chrome",
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/131.0.0.0 Safari/537.36`,
    ],
    ["Windows", "Mozilla/5.0 (Windows NT 10.0)"],
    ["unknown device", "curl/8.5.0"],
    ["unknown device", "node"],
    ["unknown device", ""],
    ["unknown device", undefined],
  ];
  for (const [named, agent] of agents)
    it(`is ${named} for ${agent === undefined ? "none" : agent.slice(-40)}`, () =>
      assert.equal(deviceFamily(agent), named));

  it("repeats nothing of what a browser sent, however long or strange", () => {
    const strange = [
      "<script>alert(1)</script> [x](http://y) 203.0.113.7",
      `${"a".repeat(5_000_000)} Windows Edg/1`,
      "Windows Edg/<at>Mina</at>\u202e${1+1}",
    ];
    assert.deepEqual(strange.map(deviceFamily), ["unknown device", "unknown device", "Windows, Edge"]);
  });
});
