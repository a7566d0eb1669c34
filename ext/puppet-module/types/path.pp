# @summary An absolute path, of characters that mean nothing to systemd.
type Dropsonde::Path = Pattern[/\A\/[[:print:]&&[^"\\%]]*\z/]
