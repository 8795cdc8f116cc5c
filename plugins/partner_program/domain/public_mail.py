"""Domains at which anybody can have a mailbox: that two addresses share one says nothing about their companies."""

_WRITTEN = """
126.com 163.com aol.com bluewin.ch btinternet.com comcast.net fastmail.com free.fr freenet.de gmail.com gmx.at gmx.ch
gmx.com gmx.de gmx.net googlemail.com hetnet.nl home.nl hotmail.be hotmail.co.uk hotmail.com hotmail.de hotmail.fr
hotmail.nl icloud.com kpnmail.nl laposte.net libero.it live.be live.com live.nl mac.com mail.com mail.ru me.com msn.com
orange.fr outlook.com outlook.de outlook.fr pm.me proton.me protonmail.com qq.com rediffmail.com sfr.fr skynet.be
t-online.de telenet.be verizon.net virgilio.it wanadoo.fr web.de xs4all.nl yahoo.co.in yahoo.co.uk yahoo.com yahoo.de
yahoo.fr yandex.com yandex.ru ymail.com ziggo.nl zoho.com
"""
PUBLIC_MAIL_DOMAINS = frozenset(_WRITTEN.split())
