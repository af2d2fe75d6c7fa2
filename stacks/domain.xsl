<?xml version="1.0"?>
<!-- What the libvirt provider has no property for. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output omit-xml-declaration="yes" indent="yes"/>
  <xsl:template match="@*|node()"><xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy></xsl:template>

  <!-- A lab's disk may be lost with its machine, but need not wait for it: no flush goes through to the disk. -->
  <xsl:template match="disk[@device='disk']/driver">
    <xsl:copy><xsl:apply-templates select="@*"/><xsl:attribute name="cache">unsafe</xsl:attribute></xsl:copy>
  </xsl:template>

  <!-- Emulation keeps translated code, a gigabyte a guest unless told; a lab's guest needs a quarter of that. -->
  <xsl:template match="domain[@type='qemu']/features">
    <xsl:copy><xsl:apply-templates select="@*|node()"/><tcg><tb-cache unit="MiB">256</tb-cache></tcg></xsl:copy>
  </xsl:template>

  <!-- A server has a serial console and no screen; each device that it lacks is one that its firmware and kernel need not probe. -->
  <xsl:template match="graphics|video|channel|rng|input"/>
  <xsl:template match="devices">
    <xsl:copy>
      <xsl:apply-templates select="@*|node()"/>
      <video><model type="none"/></video>
      <memballoon model="none"/>
      <controller type="usb" model="none"/>
    </xsl:copy>
  </xsl:template>

  <!-- The console can be read afterwards: log/qemu/NAME.console.log in the lab's directory. -->
  <xsl:template match="console">
    <serial type="pty">
      <log file="/var/log/libvirt/qemu/{/domain/name}.console.log" append="on"/>
      <target port="0"/>
    </serial>
    <xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy>
  </xsl:template>
</xsl:stylesheet>
