class no { $a = "$Upper" }
