# The machines of labs/bare-ha.yaml as Terraform's HCL, property by property what stacks/network.ts and stacks/server.ts declare.
# The lab host's libvirtd is there; seeds are made beforehand, where Pulumi makes them, with their keys, within its own time.

terraform {
  required_providers {
    libvirt = {
      source  = "dmacvicar/libvirt"
      version = "0.8.3"
    }
  }
}

variable "uri" { type = string }
variable "network" {
  type = object({
    name    = string
    bridge  = string
    subnets = list(string)
  })
}
variable "pool" { type = string }
variable "disk" { type = string }
variable "kernel" { type = string }
variable "initrd" { type = string }
variable "cmdline" { type = list(map(string)) }
variable "acceleration" { type = string }
variable "xslt" { type = string }
variable "servers" {
  type = map(object({
    mac    = string
    memory = number
    seed   = string
  }))
}

provider "libvirt" {
  uri = var.uri
}

resource "libvirt_network" "segment" {
  name      = var.network.name
  mode      = "none"
  bridge    = var.network.bridge
  addresses = var.network.subnets
  autostart = true
  dhcp { enabled = false }
  dns { enabled = false }
}

resource "libvirt_pool" "pool" {
  name = "pool"
  type = "dir"
  target { path = var.pool }
}

resource "libvirt_volume" "base" {
  name   = "base.qcow2"
  pool   = libvirt_pool.pool.name
  source = var.disk
  format = "qcow2"
}

resource "libvirt_volume" "kernel" {
  name   = "vmlinuz"
  pool   = libvirt_pool.pool.name
  source = var.kernel
  format = "raw"
}

resource "libvirt_volume" "initrd" {
  name   = "initrd"
  pool   = libvirt_pool.pool.name
  source = var.initrd
  format = "raw"
}

resource "libvirt_volume" "seed" {
  for_each = var.servers
  name     = "${each.key}-seed.iso"
  pool     = libvirt_pool.pool.name
  source   = each.value.seed
}

resource "libvirt_volume" "disk" {
  for_each       = var.servers
  name           = "${each.key}.qcow2"
  pool           = libvirt_pool.pool.name
  base_volume_id = libvirt_volume.base.id
  format         = "qcow2"
}

resource "libvirt_domain" "server" {
  for_each  = var.servers
  name      = each.key
  type      = var.acceleration
  arch      = "x86_64"
  machine   = "q35"
  memory    = each.value.memory
  vcpu      = 1
  autostart = true
  running   = true
  kernel    = libvirt_volume.kernel.id
  initrd    = libvirt_volume.initrd.id
  cmdline   = var.cmdline

  dynamic "cpu" {
    for_each = var.acceleration == "kvm" ? ["host-passthrough"] : []
    content { mode = cpu.value }
  }

  disk { volume_id = libvirt_volume.disk[each.key].id }
  disk { volume_id = libvirt_volume.seed[each.key].id }

  network_interface {
    network_id = libvirt_network.segment.id
    mac        = each.value.mac
  }

  console {
    type        = "pty"
    target_port = "0"
    target_type = "serial"
  }

  xml { xslt = file(var.xslt) }
}
