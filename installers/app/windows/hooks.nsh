; What Tauri's installer does not do by itself. It knows one program and gives it the associations; the viewer lies beside it and shows pictures.
; Registered for "Open with" only: whoever has a program for .exr keeps it. SHCTX is the account's own part of the registry.

!define VIEWER "tessera-viewer.exe"
!define VIEWER_CLASS "Tessera.exr"

!macro NSIS_HOOK_PREINSTALL
  ; A viewer that runs holds its file, and the installer would stop in the middle.
  !insertmacro CheckIfAppIsRunning "$INSTDIR\${VIEWER}" "Tessera Viewer"
!macroend

!macro NSIS_HOOK_POSTINSTALL
  WriteRegStr SHCTX "Software\Classes\${VIEWER_CLASS}" "" "OpenEXR"
  WriteRegStr SHCTX "Software\Classes\${VIEWER_CLASS}\DefaultIcon" "" "$\"$INSTDIR\${VIEWER}$\",0"
  WriteRegStr SHCTX "Software\Classes\${VIEWER_CLASS}\shell\open\command" "" "$\"$INSTDIR\${VIEWER}$\" $\"%1$\""
  WriteRegStr SHCTX "Software\Classes\.exr\OpenWithProgids" "${VIEWER_CLASS}" ""
!macroend

!macro NSIS_HOOK_PREUNINSTALL
  !insertmacro CheckIfAppIsRunning "$INSTDIR\${VIEWER}" "Tessera Viewer"
!macroend

!macro NSIS_HOOK_POSTUNINSTALL
  ; An update uninstalls too, and puts them back.
  DeleteRegValue SHCTX "Software\Classes\.exr\OpenWithProgids" "${VIEWER_CLASS}"
  DeleteRegKey SHCTX "Software\Classes\${VIEWER_CLASS}"
!macroend
