"""The file formats of pictures and clips: known, judged, described, and cleaned of what they tell besides."""
