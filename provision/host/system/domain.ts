import { MARK_NAMESPACE, systemNames } from "./names.ts";

/** What a server's domain has on the machine's libvirt beside what it has in every lab. */
export interface SystemDomain {
  readonly name: string;
  /** For people who find it in virt-manager. */
  readonly description: string;
  /** Templates of XSLT: the title, the mark, cables for its cards, and a console log where libvirt lets its users read it. */
  readonly templates: string;
}

/**
 * @param directory the lab's directory
 * @param macs the MAC addresses of the server's cards, in upper case
 */
export function systemDomain(directory: string, server: string, macs: readonly string[]): SystemDomain {
  const names = systemNames(directory);
  const cards = macs.map((mac) => {
    const { lab, server: own } = names.cable(mac);
    return `  <xsl:template match="interface[mac/@address='${mac}']" priority="1">
    <interface type="udp">
      <xsl:copy-of select="mac"/>
      <source address="${lab.address}" port="${lab.port}"><local address="${own.address}" port="${own.port}"/></source>
      <xsl:copy-of select="model"/>
    </interface>
  </xsl:template>`;
  });
  return {
    name: names.domain(server),
    description:
      `A server of the lab "${names.stack}" of lvs-lab, whose directory is ${directory}. Its network is that lab's alone. ` +
      `\`npm run down -- -s ${names.stack}\` removes it.`,
    templates: `  <xsl:template match="/domain/name" priority="1">
    <xsl:copy-of select="."/>
    <title>lvs-lab: ${server} of the lab ${names.stack}</title>
    <metadata>
      <lvs-lab:lab xmlns:lvs-lab="${MARK_NAMESPACE}" id="${names.id}" stack="${names.stack}" server="${server}"/>
    </metadata>
  </xsl:template>
${cards.join("\n")}
  <xsl:template match="console" priority="1">
    <serial type="pty">
      <log file="${names.poolPath}/${server}${CONSOLE_LOG}" append="on"/>
      <target port="0"/>
    </serial>
    <xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy>
  </xsl:template>
`,
  };
}

/** How the name of a server's console log ends, in the lab's pool and in its directory. */
export const CONSOLE_LOG = ".console.log";
